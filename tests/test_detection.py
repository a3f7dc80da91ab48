"""Boxes, the precision of detectors, and detection of rectangles: by hand, and against plain statements."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygrad_edu as tg
from tinygrad_edu import models, optim, tensor
from tinygrad_edu.data import instance_boxes
from tinygrad_edu.models.boxes import anchors_by_k_means, average_precision, box_area, box_convert, box_iou, nms
from tinygrad_edu.models.rpn import RPN
from tinygrad_edu.train import metrics

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


@settings(max_examples=30, deadline=None)
@given(boxes_of, st.sampled_from(list(SAME)), st.sampled_from(list(SAME)))
def test_a_box_is_the_same_in_every_form_and_back(found, one_form, other_form):
    boxes = box_convert(as_boxes(found), "xyxy", one_form)
    there = box_convert(boxes, one_form, other_form)
    assert box_convert(there, other_form, one_form).tolist() == boxes.tolist()


@settings(max_examples=30, deadline=None)
@given(boxes_of, boxes_of, st.integers(-9, 9), st.sampled_from([0.25, 2.0, 8.0]))
def test_overlap_does_not_depend_on_order_place_or_scale(first, second, shift, scale):
    one, other = as_boxes(first), as_boxes(second)
    found = box_iou(one, other)
    assert box_iou(other, one).T.tolist() == found.tolist()
    np.testing.assert_allclose(box_iou(scale * (one + shift), scale * (other + shift)).numpy(), found.numpy(), 1e-12)
    assert (box_iou(one, one).diagonal() == 1).all()


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


def area_below_the_curve(found, truth, threshold):
    """The average precision, from its definition: for each true box that is found, the best precision from there on."""
    answers = [(score, i, box) for i, image in enumerate(found) for box, score in image]
    taken, right = set(), []
    for _, image, box in sorted(answers, key=lambda answer: -answer[0]):
        overlaps = [len(pixels(box) & pixels(true)) / len(pixels(box) | pixels(true)) for true in truth[image]]
        best = max(range(len(overlaps)), key=overlaps.__getitem__, default=None)
        right.append(best is not None and overlaps[best] >= threshold and (image, best) not in taken)
        taken |= {(image, best)} if right[-1] else set()
    precisions = [sum(right[:n]) / n for n in range(1, len(right) + 1)]
    return sum(max(precisions[i:]) for i, hit in enumerate(right) if hit) / sum(map(len, truth))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(boxes_of, boxes_of), min_size=1, max_size=3), st.randoms(use_true_random=False))
def test_average_precision_is_that_of_its_definition(images, chance):
    truth = [as_boxes(true) for true, _ in images]
    scores = iter(chance.sample(range(100), 18))  # no two alike
    guesses = [as_boxes(boxes).tolist() + true.tolist()[::2] for (_, boxes), true in zip(images, truth, strict=True)]
    found = [[(box, next(scores) / 100) for box in boxes[:6]] for boxes in guesses]
    pairs = [(tensor([box for box, _ in image]), tensor([score for _, score in image])) for image in found]
    values = [average_precision(pairs, truth, threshold) for threshold in (0.3, 0.5, 0.9)]
    expected = [area_below_the_curve(found, [true.tolist() for true in truth], t) for t in (0.3, 0.5, 0.9)]
    assert values == pytest.approx(expected)
    assert average_precision(pairs[::-1], truth[::-1]) == pytest.approx(values[1])
    squared = [(boxes, score**2) for boxes, score in pairs]  # of the scores only the order counts
    assert average_precision(squared, truth) == pytest.approx(values[1])


# masks


mask_of = st.lists(st.lists(st.booleans(), min_size=4, max_size=4), min_size=3, max_size=3)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(mask_of, mask_of), min_size=1, max_size=3))
def test_masks_are_compared_as_sets_of_pixels_of_all_pictures(pairs):
    found, true = (tensor([pair[k] for pair in pairs], dtype="int64") for k in (0, 1))
    a, b = ({tuple(place) for place in mask.nonzero().tolist()} for mask in (found, true))
    pooled = len(a & b) / len(a | b) if a | b else 0.0
    assert metrics.iou(found, true, "binary") == pytest.approx(pooled)
    assert metrics.dice(found, true, "binary") == pytest.approx(2 * pooled / (1 + pooled))
    assert metrics.iou(true, found, "binary") == pytest.approx(pooled)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(st.integers(0, 3), min_size=5, max_size=5), min_size=4, max_size=4))
def test_the_box_of_a_thing_is_the_smallest_around_its_pixels(numbers):
    owners = tensor(numbers)
    things = sorted({number for row in numbers for number in row} - {0})
    boxes = instance_boxes(owners).tolist()
    assert len(boxes) == len(things)
    for (x1, y1, x2, y2), number in zip(boxes, things, strict=True):
        places = (owners == number).nonzero().tolist()
        assert {(x1, y1), (x2 - 1, y2 - 1)} == {
            (min(x for _, x in places), min(y for y, _ in places)),
            (max(x for _, x in places), max(y for y, _ in places)),
        }


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
    with pytest.raises(ValueError, match="cells have 8x8 pixels, into which 16x20 cannot be cut"):
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


def rectangles():
    """Three images, the boxes in them, and whether each is white or grey."""
    truth = [[[4.0, 6.0, 14.0, 16.0], [18.0, 16.0, 26.0, 30.0]], [[10.0, 8.0, 22.0, 18.0]], []]
    labels = [[0, 1], [1], []]
    x = tg.zeros(3, 1, 32, 32)
    for image, (boxes, kinds) in enumerate(zip(truth, labels, strict=True)):
        for box, kind in zip(boxes, kinds, strict=True):
            x1, y1, x2, y2 = map(int, box)
            x[image, 0, y1:y2, x1:x2] = 1.0 - 0.5 * kind
    return x, [tensor(boxes).reshape(-1, 4) for boxes in truth], [tensor(kinds, dtype="int64") for kinds in labels]


def learn(network, loss, steps):
    optimizer = optim.Adam(network.parameters(), lr=0.01)
    for _ in range(steps):
        value = loss()
        optimizer.zero_grad()
        value.backward()
        assert all(p.grad is not None for p in network.parameters())
        optimizer.step()


def test_it_learns_to_find_rectangles():
    tg.manual_seed(0)
    x, truth, labels = rectangles()
    network = models.YOLO((1, 32, 32), classes=2, anchors=((9, 12), (12, 9)), width=8)
    learn(network, lambda: network.loss(network(x), truth, labels), 80)
    found = network.eval().detect(x)
    assert average_precision([(boxes, scores) for boxes, scores, _ in found], truth) == 1.0
    assert [sorted(kinds.tolist()) for _, _, kinds in found] == [[0, 1], [1], []]
    assert network.detect(x, threshold=1.1)[0][0].shape == (0, 4)


# region proposals


def test_a_proposal_network_has_the_parameters_counted_by_hand():
    w = 16
    convolutions = 9 * (w + 2 * w * w + 8 * w * w + 32 * w * w + 64 * w * w) + 2 * (1 + 2 + 4 + 8 + 8) * w
    assert sum(p.numel() for p in RPN().parameters()) == convolutions + 9 * 64 * w * w + 8 * w + (8 * w + 1) * 15


def test_anchors_and_what_differs_from_them():
    network = RPN((1, 16, 24), ((4, 6), (10, 8)), 2)
    assert network.anchors.shape == (2 * 3 * 2, 4)
    assert network.anchors[:4].tolist() == [[2, 1, 6, 7], [-1, 0, 9, 8], [10, 1, 14, 7], [7, 0, 17, 8]]
    assert network.anchors[6].tolist() == [2, 9, 6, 15]  # the second row of cells
    logits, differences = network(tg.randn(2, 1, 16, 24))
    assert (logits.shape, differences.shape) == ((2, 12), (2, 12, 4))
    assert network.boxes(tg.zeros(12, 4)).tolist() == network.anchors.tolist()
    moved = tg.zeros(12, 4)
    moved[1] = tensor([0.5, -0.25, math.log(2), 0.0])
    np.testing.assert_allclose(network.boxes(moved)[1].numpy(), [9 - 10, 2 - 4, 9 + 10, 2 + 4], 1e-5)
    boxes = tensor([[1.0, 2.0, 8.0, 7.0], [3.0, 3.0, 4.0, 9.0]])
    told = tg.zeros(12, 4)
    told[5], told[7] = network.told(boxes, tensor([5, 7])).unbind()
    np.testing.assert_allclose(network.boxes(told)[[5, 7]].numpy(), boxes.numpy(), 1e-5)


@settings(max_examples=30, deadline=None)
@given(boxes_of)
def test_boxes_are_what_their_differences_tell(found):
    network = RPN((1, 16, 24), ((4, 6), (10, 8)), 1)
    boxes, anchors = as_boxes(found).float(), tensor([(5 * i) % 12 for i in range(len(found))])
    for box, anchor, told in zip(boxes, anchors, network.told(boxes, anchors), strict=True):
        differences = tg.zeros(12, 4)
        differences[anchor] = told
        np.testing.assert_allclose(network.boxes(differences)[anchor].numpy(), box.numpy(), 1e-4, 1e-4)


def test_the_logits_and_differences_are_of_one_anchor():
    network = RPN((1, 16, 24), ((4, 6), (10, 8)), 2)
    for p in (network.objectness.weight, network.differences.weight):
        tg.nn.init.zeros_(p)
    network.objectness.bias.data = tensor([1.0, 2.0])
    network.differences.bias.data = tg.arange(8.0)
    logits, differences = network(tg.zeros(1, 1, 16, 24))
    assert logits[0].tolist() == [1.0, 2.0] * 6
    assert differences[0].tolist() == [[0.0, 1.0, 2.0, 3.0], [4.0, 5.0, 6.0, 7.0]] * 6


def test_tasks_of_anchors():
    network = RPN((1, 16, 16), ((8, 8),), 2)  # four anchors, the cells themselves
    boxes = tensor([[0.0, 0.0, 8.0, 6.0], [9.0, 8.0, 20.0, 16.0]])  # 0.75 of the first; 7/12 of the last, its best
    nearest, objects, background = network.tasks(boxes)
    assert objects.tolist() == [True, False, False, True]
    assert background.tolist() == [False, True, True, False]
    assert nearest[[0, 3]].tolist() == [0, 1]
    between = network.tasks(tensor([[0.0, 0.0, 8.0, 12.0]]))  # 2/3 of the first anchor, 1/4 of the third
    assert between[1].tolist() == [True, False, False, False]
    assert between[2].tolist() == [False, True, True, True]
    _, objects, background = network.tasks(tg.zeros(0, 4))
    assert (objects.any().item(), background.all().item()) == (False, True)


def test_the_loss_of_proposals_by_hand():
    network = RPN((1, 16, 16), ((8, 8),), 2)
    logits, differences = tg.zeros(1, 4, requires_grad=True), tg.zeros(1, 4, 4, requires_grad=True)
    loss = network.loss(logits, differences, [tensor([[0.0, 0.0, 8.0, 6.0]])])
    off = np.array([0.0, -1 / 8, 0.0, math.log(6 / 8)])
    assert loss.item() == pytest.approx(math.log(2) + (off**2 / 2).sum() / 4, rel=1e-5)
    loss.backward()
    np.testing.assert_allclose(logits.grad.numpy(), [[-0.125, 0.125, 0.125, 0.125]], 1e-6)
    np.testing.assert_allclose(differences.grad[0, 0].numpy(), -off / 4, 1e-5)
    assert not differences.grad[0, 1:].any()
    assert network.loss(logits, differences, [tg.zeros(0, 4)]).item() == pytest.approx(math.log(2))


def test_it_learns_to_propose_rectangles():
    tg.manual_seed(0)
    x, truth, _ = rectangles()
    network = RPN((1, 32, 32), ((9, 12), (12, 9)), 8)
    learn(network, lambda: network.loss(*network(x), truth), 60)
    found = network.eval().propose(x, count=2, iou_threshold=0.3)
    for (boxes, scores), true in zip(found, truth, strict=True):
        assert (boxes >= 0).all()
        assert (boxes <= 32).all()
        assert scores.tolist() == sorted(scores.tolist(), reverse=True)
        if len(true):
            assert (box_iou(true, boxes).amax(1) > 0.7).all()
        assert (scores > 0.5).sum().item() == len(true)
