"""Boxes, the precision of detectors, and detection of rectangles: by hand, and against plain statements."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygrad_edu as tg
from tinygrad_edu import models, optim, tensor
from tinygrad_edu.models.boxes import anchors_by_k_means, average_precision, box_area, box_convert, box_iou, nms

SAME = {"xyxy": [2.0, 3.0, 8.0, 5.0], "xywh": [2.0, 3.0, 6.0, 2.0], "cxcywh": [5.0, 4.0, 6.0, 2.0]}


@pytest.mark.parametrize("given_form", SAME)
@pytest.mark.parametrize("wanted", SAME)
def test_forms_of_a_box(given_form, wanted):
    assert box_convert(tensor([SAME[given_form]] * 2), given_form, wanted).tolist() == [SAME[wanted]] * 2
    assert box_convert(tensor(SAME[given_form]), given_form, wanted).tolist() == SAME[wanted]
    assert box_convert(tg.zeros(0, 4), given_form, wanted).shape == (0, 4)


def test_other_forms_are_refused():
    with pytest.raises(ValueError, match="boxes are in the form xyxy, xywh, cxcywh; got 'xyxy' and 'xyhw'"):
        box_convert(tg.zeros(1, 4), "xyxy", "xyhw")


corner = st.integers(0, 12)
boxes_of = st.lists(st.tuples(corner, corner, st.integers(1, 8), st.integers(1, 8)), min_size=1, max_size=6)


def as_boxes(found):
    return tensor([[x, y, x + w, y + h] for x, y, w, h in found], dtype="float64")


def pixels(box):
    x1, y1, x2, y2 = map(int, box)
    return {(x, y) for x in range(x1, x2) for y in range(y1, y2)}


@settings(max_examples=50, deadline=None)
@given(boxes_of, boxes_of)
def test_overlap_is_that_of_the_pixels(first, second):
    one, other = as_boxes(first), as_boxes(second)
    found = box_iou(one, other).numpy()
    for i, a in enumerate(one.tolist()):
        for j, b in enumerate(other.tolist()):
            assert math.isclose(found[i, j], len(pixels(a) & pixels(b)) / len(pixels(a) | pixels(b)))
    assert box_area(one).tolist() == [len(pixels(a)) for a in one.tolist()]


def test_overlap_has_gradients():
    one = tensor([[0.0, 0.0, 3.0, 2.5], [4.0, 4.0, 6.0, 7.0]], dtype="float64", requires_grad=True)
    other = tensor([[1.0, 0.5, 5.0, 5.0], [20.0, 20.0, 21.0, 22.0]], dtype="float64", requires_grad=True)
    assert tg.autograd.gradcheck(box_iou, (one, other))
    assert box_iou(one[:0], other).shape == (0, 2)


@settings(max_examples=50, deadline=None)
@given(boxes_of, st.sampled_from([0.0, 0.2, 0.5, 0.9]))
def test_the_best_boxes_are_kept(found, threshold):
    boxes = as_boxes(found)
    scores = tensor([((7 * i) % 11) / 11 for i in range(len(boxes))])
    overlaps, kept = box_iou(boxes, boxes).numpy(), []
    for i in sorted(range(len(boxes)), key=lambda i: -scores[i].item()):
        if all(overlaps[i, k] <= threshold for k in kept):
            kept.append(i)
    assert nms(boxes, scores, threshold).tolist() == kept


def test_suppression_of_nothing():
    assert nms(tg.zeros(0, 4), tg.zeros(0), 0.5).tolist() == []


def test_anchors_are_what_sizes_group_around():
    tg.manual_seed(0)
    groups = tensor([[10.0, 12.0], [30.0, 10.0], [40.0, 44.0]])
    sizes = (groups[:, None] * (1 + 0.05 * tg.randn(3, 50, 2))).flatten(0, 1)
    found = anchors_by_k_means(sizes, 3, generator=tg.Generator().manual_seed(3))
    np.testing.assert_allclose(found.numpy(), groups.numpy(), 0.05)
    assert anchors_by_k_means(sizes, 1).tolist()[0] == pytest.approx(sizes.mean(0).tolist(), rel=1e-5)
    with pytest.raises(ValueError, match="2 boxes cannot be in 3 groups"):
        anchors_by_k_means(sizes[:2], 3)


# average precision


A, B, FAR = [0.0, 0.0, 10.0, 10.0], [20.0, 20.0, 30.0, 30.0], [50.0, 50.0, 60.0, 60.0]


@pytest.mark.parametrize(
    ("found", "truth", "expected"),
    [
        ([[(A, 0.9), (B, 0.8)]], [[A, B]], 1.0),
        ([[(A, 0.9)]], [[A, B]], 0.5),
        ([[]], [[A]], 0.0),
        ([[(FAR, 0.9)]], [[A]], 0.0),
        ([[(FAR, 0.9), (A, 0.8)]], [[A]], 0.5),
        ([[(A, 0.9), (FAR, 0.8), (B, 0.7)]], [[A, B]], 0.5 * 1 + 0.5 * 2 / 3),
        ([[(A, 0.9), (A, 0.8), (B, 0.7)]], [[A, B]], 0.5 * 1 + 0.5 * 2 / 3),  # the second has been found before
        ([[(FAR, 0.9), (A, 0.8), (B, 0.7)]], [[A, B]], 2 / 3),  # precision is the best at this recall or beyond
        ([[(A, 0.5)], [(FAR, 0.9), (B, 0.1)]], [[A], [B]], 0.5 * 2 / 3 + 0.5 * 2 / 3),
        ([[(A, 0.5)], [(FAR, 0.3)]], [[A], []], 1.0),
        ([[([0.0, 0.0, 10.0, 6.0], 0.9)]], [[A]], 1.0),  # an overlap of 0.6
        ([[([0.0, 0.0, 10.0, 4.0], 0.9)]], [[A]], 0.0),
    ],
)
def test_average_precision_by_hand(found, truth, expected):
    def boxes(some):
        return tensor(some).reshape(-1, 4)

    pairs = [(boxes([box for box, _ in image]), tensor([score for _, score in image])) for image in found]
    assert average_precision(pairs, [boxes(image) for image in truth]) == pytest.approx(expected)


def test_precision_without_a_true_box_is_refused():
    nothing = tg.zeros(0, 4)
    with pytest.raises(ValueError, match="true ones, which are 0"):
        average_precision([(nothing, tg.zeros(0))], [nothing])
    with pytest.raises(ValueError, match="0 images with boxes found, 1 with true ones"):
        average_precision([], [tensor([A])])


# YOLO


def test_yolo_has_the_parameters_counted_by_hand():
    w = 16
    convolutions = 9 * (w + 2 * w * w + 8 * w * w + 32 * w * w + 64 * w * w) + 2 * (1 + 2 + 4 + 8 + 8) * w
    assert sum(p.numel() for p in models.YOLO().parameters()) == convolutions + (8 * w + 1) * 3 * 6


def test_raw_numbers_are_boxes():
    network = models.YOLO((1, 16, 24), classes=2, anchors=((4, 6), (10, 8)), width=2)
    assert network(tg.zeros(3, 1, 16, 24)).shape == (3, 2, 2, 3, 7)
    raw = tg.zeros(1, 2, 2, 3, 7)
    raw[0, 1, 1, 2, :4] = tensor([0.0, math.log(3), math.log(2), -math.log(2)])
    boxes = network.boxes(raw)
    assert boxes[0, 0, 0, 0].tolist() == [2, 1, 6, 7]  # the anchor, in the middle of the first cell
    np.testing.assert_allclose(boxes[0, 1, 1, 2].numpy(), [20 - 10, 14 - 2, 20 + 10, 14 + 2], 1e-5)
    with pytest.raises(ValueError, match="cells of 8x8 pixels, into which 16x20 cannot be cut"):
        models.YOLO((1, 16, 20))


def test_the_loss_by_hand():
    network = models.YOLO((1, 16, 16), classes=2, anchors=((4, 4), (12, 12)), width=2)
    raw = tg.zeros(1, 2, 2, 2, 7, requires_grad=True)
    truth = tensor([[6.0, 8.0, 18.0, 20.0]])  # centre (12, 14): cell (1, 1), 0.5 and 0.75 into it; the second anchor
    # 7 boxes of the background, of which the second anchor's (6, 6)-(18, 18) is its own, and none near
    expected = 0.25**2 + math.log(2) + 7 * math.log(2) + math.log(2)
    loss = network.loss(raw, [truth], [tensor([1])])
    assert loss.item() == pytest.approx(expected)
    loss.backward()
    mine = raw.grad[0, 1, 1, 1].tolist()
    assert mine == pytest.approx([0, 2 * -0.25 * 0.25, 0, 0, -0.5, 0.5, -0.5])
    others = raw.grad.clone()
    others[0, 1, 1, 1] = 0
    assert others[..., 4].sum().item() == pytest.approx(7 * 0.5)
    others[..., 4] = 0
    assert not others.any()
    nothing = network.loss(tg.zeros(1, 2, 2, 2, 7), [tg.zeros(0, 4)])
    assert nothing.item() == pytest.approx(8 * math.log(2))


def test_boxes_near_a_true_one_are_not_told_that_nothing_is_there():
    network = models.YOLO((1, 16, 16), anchors=((4, 4), (12, 12)), width=2)
    raw = tg.zeros(1, 2, 2, 2, 6)
    raw[0, 0, 0, 0, 2:4] = math.log(3)  # the first anchor, as large as the second
    before = network.loss(raw, [tensor([[-2.0, -2.0, 10.0, 10.0]])]).item()  # both in the first cell's middle
    raw[0, 0, 0, 0, 4] = 9.0
    assert network.loss(raw, [tensor([[-2.0, -2.0, 10.0, 10.0]])]).item() == pytest.approx(before)
    raw[0, 0, 1, 1, 4] = 9.0
    assert network.loss(raw, [tensor([[-2.0, -2.0, 10.0, 10.0]])]).item() > before + 8


def test_it_learns_to_find_rectangles():
    tg.manual_seed(0)
    truth = [
        tensor([[4.0, 6.0, 14.0, 16.0], [18.0, 16.0, 26.0, 30.0]]),
        tensor([[10.0, 8.0, 22.0, 18.0]]),
        tg.zeros(0, 4),
    ]
    labels = [tensor([0, 1]), tensor([1]), tensor([], dtype="int64")]
    x = tg.zeros(3, 1, 32, 32)
    for image, (boxes, kinds) in enumerate(zip(truth, labels, strict=True)):
        for (x1, y1, x2, y2), kind in zip(boxes.long().tolist(), kinds.tolist(), strict=True):
            x[image, 0, y1:y2, x1:x2] = 1.0 - 0.5 * kind
    network = models.YOLO((1, 32, 32), classes=2, anchors=((9, 12), (12, 9)), width=8)
    optimizer = optim.Adam(network.parameters(), lr=0.01)
    for _ in range(80):
        loss = network.loss(network(x), truth, labels)
        optimizer.zero_grad()
        loss.backward()
        assert all(p.grad is not None for p in network.parameters())
        optimizer.step()
    found = network.eval().detect(x)
    assert average_precision([(boxes, scores) for boxes, scores, _ in found], truth) == 1.0
    assert [sorted(kinds.tolist()) for _, _, kinds in found] == [[0, 1], [1], []]
    assert network.detect(x, threshold=1.1)[0][0].shape == (0, 4)
