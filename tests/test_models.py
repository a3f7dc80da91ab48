"""The networks of the course: their sizes, published or counted by hand, their parts, and that they learn."""

import math

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import models, nn, optim
from tinygrad_edu.models.densenet import Layer, Transition
from tinygrad_edu.models.fcn import enlarging
from tinygrad_edu.models.generation import Cache
from tinygrad_edu.models.googlenet import INCEPTIONS, Inception
from tinygrad_edu.models.resnet import Block
from tinygrad_edu.models.senet import SEBlock

# AlexNet's convolutions with their biases, and three affine layers behind maps of 4x4
ALEXNET = 96 * 76 + 256 * (25 * 96 + 1) + 384 * (9 * 256 + 1) + 384 * (9 * 384 + 1) + 256 * (9 * 384 + 1)
ALEXNET += 1024 * (256 * 16 + 1) + 1024 * 1025 + 10 * 1025


def inception_size(channels: int, sizes: tuple[int, ...]) -> int:
    """The parameters of an inception module: those of its convolutions, and two for each channel's norm."""
    one, reduce3, three, reduce5, five, pooled = sizes
    weights = channels * (one + reduce3 + reduce5 + pooled) + 9 * reduce3 * three + 25 * reduce5 * five
    return weights + 2 * sum(sizes)


def googlenet_size() -> int:
    channels, total = 192, 27 * 192 + 2 * 192
    for sizes in [sizes for stage in INCEPTIONS for sizes in stage]:
        total += inception_size(channels, sizes)
        channels = sizes[0] + sizes[2] + sizes[4] + sizes[5]
    assert channels == 1024
    return total + 1024 * 10 + 10


SIZES = {  # the image, settings, and how many parameters
    "alexnet": ((3, 32, 32), {}, ALEXNET),
    "cnn": ((1, 8, 8), {}, 32 * 9 + 32 + 64 * 32 * 9 + 64 + 64 * 4 * 10 + 10),
    "densenet": ((3, 32, 32), {}, 176_122),  # published for DenseNet-BC, L = 40, k = 12
    "densenet, 100": ((3, 32, 32), {"depth": 100}, 769_162),  # 0.8 M in table 2 of the paper
    "googlenet": ((3, 32, 32), {}, googlenet_size()),
    "lenet": ((1, 28, 28), {}, 61_706),  # C1 156, and as if C3 saw all maps: 2,416, 48,120, 10,164, 850
    "mlp": ((1, 28, 28), {}, 784 * 128 + 128 + 128 * 10 + 10),
    "perceptron": ((1, 8, 8), {}, 64 * 10 + 10),
    "resnet": ((3, 32, 32), {}, 269_722),
    # each block has W1, W2 and their biases more
    "senet": ((3, 32, 32), {}, 269_722 + 3 * sum(2 * c * (c // 4) + c // 4 + c for c in (16, 32, 64))),
    "vgg": ((3, 32, 32), {}, 9_228_362),  # of 9,231,114 that are published with biases, 2,752 are biases
    "vgg, 16": ((3, 32, 32), {"depth": 16}, 14_724_042),  # 14,728,266 with 4,224 biases
}


def count(network: nn.Module) -> int:
    return sum(p.numel() for p in network.parameters())


@pytest.mark.parametrize("name", SIZES)
def test_parameters_are_those_published_or_counted_by_hand(name):
    image, settings, expected = SIZES[name]
    assert count(models.build(name.partition(",")[0], image, **settings)) == expected


def test_all_models_have_their_parameters_counted():
    assert {name.partition(",")[0] for name in SIZES} == set(models.MODELS)


SMALL = {
    "alexnet": ((2, 16, 16), {"width": 12, "hidden": 64}),
    "densenet": ((2, 8, 8), {"depth": 10, "growth": 4}),
    "googlenet": ((2, 8, 8), {"width": 0.05}),
    "lenet": ((2, 12, 12), {}),
    "senet": ((2, 8, 8), {"depth": 8}),
    "vgg": ((2, 32, 32), {"width": 2}),
}


@pytest.mark.parametrize("name", models.MODELS)
def test_gradients_reach_all_parameters_and_it_learns(name):
    tg.manual_seed(0)
    image, settings = SMALL.get(name, ((2, 8, 8), {}))
    network = models.build(name, image, classes=3, **settings)
    for module in network.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0  # six images are learned by heart, not otherwise
    x, y = tg.randn(6, *image), tg.tensor([0, 1, 2, 0, 1, 2])
    optimizer = optim.Adam(network.parameters(), lr=0.001 if name == "alexnet" else 0.01)
    losses, reached = [], set()
    for _ in range(25):
        loss = nn.functional.cross_entropy(network(x), y)
        optimizer.zero_grad()
        loss.backward()
        assert all(np.isfinite(p.grad.numpy()).all() for p in network.parameters())
        reached.update(name for name, p in network.named_parameters() if p.grad.any())
        optimizer.step()
        losses.append(loss.item())
    assert reached == {name for name, _ in network.named_parameters()}
    assert min(losses) < 0.6 * losses[0]


@pytest.mark.parametrize(
    ("make", "word"),
    [
        (lambda: models.VGG(depth=12), "VGG has 11, 13, 16, 19 layers, got 12"),
        (lambda: models.DenseNet(depth=41), r"has 6 n \+ 4 layers .* got 41"),
        (lambda: models.DenseNet(depth=4), r"has 6 n \+ 4 layers .* got 4"),
        (lambda: models.DenseNet((3, 3, 8)), "4x4 or more; got 3x8"),
        (lambda: models.GoogLeNet((3, 3, 8)), "4x4 or more; got 3x8"),
        (lambda: models.AlexNet((3, 15, 32)), "16x16 or more; got 15x32"),
        (lambda: models.VGG((3, 32, 31)), "32x32 or more; got 32x31"),
        (lambda: models.UNet((1, 128, 100)), "halves an image 4 times, which 128x100 cannot"),
        (lambda: models.FCN((1, 64, 48)), "halves an image 5 times, which 64x48 cannot"),
        (lambda: models.DeepLab((1, 3, 8)), "4x4 or more; got 3x8"),
        (lambda: models.GPT(65, heads=3), "3 heads cannot share 128 numbers evenly"),
        (lambda: models.CharRNN(27, kind="mlp"), "kind is one of rnn, lstm, gru, got 'mlp'"),
        (lambda: models.Transformer(9, size=7, heads=1), "the size is even; got 7"),
    ],
)
def test_what_cannot_be_built_is_refused(make, word):
    with pytest.raises(ValueError, match=word):
        make()


def test_lenet_has_the_papers_layers():
    parts = {name: type(module) for name, module in models.LeNet().named_children() if list(module.parameters())}
    assert parts == {"c1": nn.Conv2d, "c3": nn.Conv2d, "c5": nn.Linear, "f6": nn.Linear, "output": nn.Linear}


@pytest.mark.parametrize("depth", [11, 13, 16, 19])
def test_vgg_has_as_many_layers_as_it_says(depth):
    network = models.VGG(depth=depth, width=2)
    assert len([x for x in network.modules() if isinstance(x, nn.Conv2d | nn.Linear)]) == depth - 2  # one affine layer


@pytest.mark.parametrize("depth", [10, 22, 40])
def test_densenet_has_as_many_layers_as_it_says(depth):
    network = models.DenseNet(depth=depth, growth=2)
    assert len([x for x in network.modules() if isinstance(x, nn.Conv2d | nn.Linear)]) == depth


def test_a_dense_layer_keeps_its_input():
    layer, x = Layer(3, 2), tg.randn(2, 3, 4, 4)
    y = layer(x)
    assert y.shape == (2, 5, 4, 4)
    assert y[:, :3].tolist() == x.tolist()
    assert Transition(4)(tg.randn(1, 4, 6, 5)).shape == (1, 2, 3, 2)


def test_an_inception_joins_its_four_parts():
    module, x = Inception(3, (1, 2, 3, 4, 5, 6)).eval(), tg.randn(2, 3, 5, 4)
    y = module(x)
    assert y.shape == (2, module.planes, 5, 4) == (2, 15, 5, 4)
    for part, found in zip(
        (module.one, module.three, module.five, module.pooled), y.split([1, 3, 5, 6], 1), strict=True
    ):
        assert part(x).tolist() == found.tolist()
    assert count(module) == inception_size(3, (1, 2, 3, 4, 5, 6))


def test_squeeze_and_excitation_weighs_channels():
    block, plain = SEBlock(16, 16, 1).eval(), Block(16, 16, 1).eval()
    plain.load_state_dict({name: x for name, x in block.state_dict().items() if not name.startswith("fc")})
    x = tg.randn(2, 16, 5, 5)
    f = plain.residual(x).detach().numpy()
    w1, b1, w2, b2 = [p.detach().numpy() for layer in (block.fc1, block.fc2) for p in (layer.weight, layer.bias)]
    hidden = np.maximum(f.mean((2, 3)) @ w1.T + b1, 0)
    weight = 1 / (1 + np.exp(-(hidden @ w2.T + b2)))
    found = block(x).detach().numpy()
    np.testing.assert_allclose(found, np.maximum(f * weight[:, :, None, None] + x.numpy(), 0), 1e-5, 1e-6)


# segmentation


def test_unet_has_the_papers_size():
    # 31,037,698 parameters are published for three channels of input, whose first convolution has 2 * 9 * 64 more
    assert count(models.UNet()) == 31_037_698 - 2 * 9 * 64


@pytest.mark.parametrize(("depth", "image"), [(1, (1, 2, 6)), (2, (3, 8, 4)), (3, (1, 16, 8))])
def test_unet_gives_scores_of_each_pixel(depth, image):
    assert models.UNet(image, 5, 2, depth)(tg.randn(2, *image)).shape == (2, 5, *image[1:])


@pytest.mark.parametrize("image", [(1, 4, 4), (2, 6, 9), (1, 17, 8)])
def test_deeplab_gives_scores_of_each_pixel(image):
    assert models.DeepLab(image, 3, 2)(tg.randn(2, *image)).shape == (2, 3, *image[1:])


def test_segmenting_networks_have_their_parameters_counted():
    w = 16  # a stage has two convolutions, and a norm of two numbers for each channel after each
    stages = [(1, w), (w, 2 * w), (2 * w, 4 * w), (4 * w, 8 * w), (8 * w, 8 * w)]
    sizes = [9 * (a * b + b * b) + 4 * b for a, b in stages]
    scores = 2 * (4 * w + 1) + 2 * 2 * (8 * w + 1)
    assert count(models.FCN()) == sum(sizes) + scores + 2 * 2 * (16 + 16 + 256)
    aspp = 2 * (8 * w + 1) * 4 * w + 3 * (9 * 8 * w + 2) * 4 * w + (5 * 4 * w + 1) * 4 * w
    assert count(models.DeepLab()) == sum(sizes[:4]) + aspp + 2 * (4 * w + 1)


@pytest.mark.parametrize("times", [2, 8])
def test_maps_are_enlarged_as_by_interpolation(times):
    x = tg.randn(2, 3, 4, 5)
    expected = nn.functional.interpolate(x, scale_factor=times, mode="bilinear").detach().numpy()
    found = enlarging(3, times)(x).detach().numpy()
    inner = (..., slice(times, -times), slice(times, -times))  # at the edge there are zeros around
    np.testing.assert_allclose(found[inner], expected[inner], 1e-5, 1e-6)


SEGMENTING = {
    "unet": lambda: models.UNet((1, 32, 32), width=4, depth=2),
    "fcn": lambda: models.FCN((1, 32, 32), width=4),
    "deeplab": lambda: models.DeepLab((1, 32, 32), width=4),
}


@pytest.mark.parametrize("name", SEGMENTING)
def test_segmenting_networks_learn_to_outline(name):
    tg.manual_seed(0)
    x = tg.zeros(4, 1, 32, 32)
    for i in range(4):
        x[i, 0, 2 + i : 20 + i, 3 + 2 * i : 21 + 2 * i] = 1
    inside = (nn.functional.avg_pool2d(x, 5, 1, 2) > 0.99)[:, 0]  # not on the edge
    network = SEGMENTING[name]()
    optimizer = optim.Adam(network.parameters(), lr=0.02)
    for _ in range(40):
        loss = nn.functional.cross_entropy(network(x), inside.long())
        optimizer.zero_grad()
        loss.backward()
        assert all(p.grad is not None for p in network.parameters())
        optimizer.step()
    assert (network(x).argmax(1) == inside).float().mean() > 0.95


# language


@pytest.mark.parametrize(("kind", "gates"), [("rnn", 1), ("lstm", 4), ("gru", 3)])
def test_a_recurrent_language_model_reads_in_parts(kind, gates):
    tg.manual_seed(0)
    network = models.CharRNN(7, 6, layers=2, kind=kind)
    assert count(network) == 7 * 6 + 2 * gates * 6 * (6 + 6 + 2) + 7 * (6 + 1)
    text = tg.randint(0, 7, (3, 8))
    whole = network(text)
    assert whole.shape == (3, 8, 7)
    first, state = network.read(text[:, :5])
    after, _ = network.read(text[:, 5:], state)
    np.testing.assert_allclose(tg.cat([first, after], 1).detach().numpy(), whole.detach().numpy(), 1e-5, 1e-6)
    text[0, 5] = (text[0, 5] + 1) % 7
    assert network(text)[0, :5].tolist() == whole[0, :5].tolist()
    assert (network(text)[0, 5:] != whole[0, 5:]).all()


def seq2seq_size(vocabulary: int, size: int) -> int:
    return vocabulary * size + 2 * 4 * size * (2 * size + 2) + size * (2 * size + 1) + vocabulary * (size + 1)


def transformer_size(vocabulary: int, size: int, layers: int) -> int:
    attention, forward, norm = 4 * size * (size + 1), 8 * size**2 + 5 * size, 2 * size
    return vocabulary * size + layers * (3 * attention + 2 * forward + 5 * norm) + 2 * norm


def test_translators_have_their_parameters_counted():
    assert count(models.Seq2Seq(12, 8)) == seq2seq_size(12, 8)
    assert count(models.Seq2Seq(12, 8, attention=False)) == seq2seq_size(12, 8) - 8 * 17
    assert count(models.Transformer(12, 9, 3, 2, 8)) == transformer_size(12, 8, 3)
    # table 3 of the paper says 65 M for the base model, whose vocabulary is of "about 37000 tokens"
    assert 62.5e6 < transformer_size(37_000, 512, 6) < 65.5e6


TRANSLATORS = {
    "recurrent": lambda: models.Seq2Seq(9, 16, attention=False),
    "with attention": lambda: models.Seq2Seq(9, 16),
    "transformer": lambda: models.Transformer(9, 12, layers=1, heads=2, size=16, dropout=0.0),
}


@pytest.mark.parametrize("name", TRANSLATORS)
def test_translators_see_all_of_the_source_and_no_padding(name):
    tg.manual_seed(0)
    network = TRANSLATORS[name]().eval()
    source, target = tg.tensor([[3, 4, 5, 0, 0], [6, 7, 8, 5, 4]]), tg.tensor([[1, 2, 3], [1, 5, 6]])
    found = network(source, target)
    assert found.shape == (2, 3, 9)
    alone = network(source[:1, :3], target[:1])
    np.testing.assert_allclose(found[:1].detach().numpy(), alone.detach().numpy(), 1e-4, 1e-5)
    other = network(tg.tensor([[3, 4, 6, 0, 0], [6, 7, 8, 5, 3]]), target)
    assert (other != found).any(2).all()
    later = network(source, tg.tensor([[1, 2, 4], [1, 5, 7]]))
    np.testing.assert_allclose(later[:, :2].detach().numpy(), found[:, :2].detach().numpy(), 1e-5, 1e-6)
    assert (later[:, 2] != found[:, 2]).any(1).all()


@pytest.mark.parametrize("name", TRANSLATORS)
def test_translators_learn_to_reverse(name):
    tg.manual_seed(0)
    network = TRANSLATORS[name]()
    source = tg.randint(3, 9, (8, 4))
    source[0, 3] = source[1, 2] = source[1, 3] = 0
    rows = [[token for token in row if token][::-1] for row in source.tolist()]
    target = tg.tensor([[1, *row, *[2] * (5 - len(row))] for row in rows])
    optimizer = optim.Adam(network.parameters(), lr=0.02 if name != "transformer" else 0.005)
    for _ in range(80):
        loss = nn.functional.cross_entropy(network(source, target[:, :-1]).flatten(0, 1), target[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        assert all(p.grad is not None for p in network.parameters())
        optimizer.step()
    assert models.translate(network.eval(), source, begin=1, count=9, stop=2).tolist() == target[:, 1:].tolist()
    assert models.translate(network, source, begin=1, count=2).tolist() == target[:, 1:3].tolist()


def test_attention_of_a_decoder_by_hand():
    network = models.Seq2Seq(9, 4)
    source = network.encode(tg.tensor([[3, 4, 5], [6, 0, 0]]))
    assert source.vectors[1, 0].tolist() == source.state[0][0, 1].tolist()  # each is read to its own end
    states = tg.randn(2, 2, 4)
    found = network.attend(source, states).detach().numpy()
    scores = np.exp(np.einsum("btc,bsc->bts", states.numpy(), source.vectors.detach().numpy()))
    np.testing.assert_allclose(found[0], scores[0] / scores[0].sum(-1, keepdims=True), 1e-5, 1e-6)
    assert found[1].tolist() == [[1, 0, 0], [1, 0, 0]]


def test_sinusoids_are_the_papers():
    found = models.transformer.sinusoids(50, 8).numpy()
    for p in (0, 1, 7, 49):
        for i in range(4):
            angle = p / 10_000 ** (2 * i / 8)
            np.testing.assert_allclose(found[p, 2 * i : 2 * i + 2], [math.sin(angle), math.cos(angle)], 0, 1e-6)
    dots = found @ found.T  # of two positions: what matters is how far they are apart
    np.testing.assert_allclose(dots[5:, 5:], dots[:-5, :-5], 0, 1e-5)


def gpt_size(vocabulary: int, context: int, layers: int, size: int) -> int:
    return (vocabulary + context) * size + layers * (12 * size**2 + 13 * size) + 2 * size


def test_gpt_has_the_papers_size():
    assert gpt_size(50_257, 1024, 12, 768) == 124_439_808  # GPT-2, the smallest
    assert count(models.GPT(65)) == gpt_size(65, 64, 4, 128)
    network = models.GPT(7, 5, 3, 2, 12, bias=False)
    assert count(network) == gpt_size(7, 5, 3, 12) - 3 * 11 * 12 - 12  # nine of affine maps, and the norms'


def small_gpt(**settings) -> models.GPT:
    tg.manual_seed(0)
    network = models.GPT(9, context=12, layers=2, heads=3, size=12, **settings).double()
    for p in network.parameters():
        nn.init.normal_(p, std=0.5)
    return network


def test_gpt_is_a_transformer_with_a_causal_mask():
    network, tokens = small_gpt(), tg.tensor(np.random.default_rng(0).integers(0, 9, (2, 7)))
    kind = {"activation": nn.GELU("tanh"), "batch_first": True, "norm_first": True, "dtype": tg.float64}
    layer = nn.TransformerEncoderLayer(12, 3, 48, dropout=0.0, **kind)
    encoder = nn.TransformerEncoder(layer, 2, nn.LayerNorm(12, dtype=tg.float64))
    for theirs, ours in zip(encoder.layers, network.h, strict=True):
        pairs = [(theirs.norm1, ours.ln_1), (theirs.norm2, ours.ln_2), (theirs.self_attn.out_proj, ours.attn.c_proj)]
        for one, other in [*pairs, (theirs.linear1, ours.mlp.c_fc), (theirs.linear2, ours.mlp.c_proj)]:
            one.load_state_dict(other.state_dict())
        theirs.self_attn.in_proj_weight.data = ours.attn.c_attn.weight.data
        theirs.self_attn.in_proj_bias.data = ours.attn.c_attn.bias.data
    encoder.norm.load_state_dict(network.ln_f.state_dict())
    x = network.wte(tokens) + network.wpe.weight[:7]
    mask = nn.Transformer.generate_square_subsequent_mask(7).double()
    expected = encoder(x, mask, is_causal=True) @ network.wte.weight.T
    np.testing.assert_allclose(network(tokens).detach().numpy(), expected.detach().numpy(), 1e-9, 1e-9)


@pytest.mark.parametrize("parts", [[1] * 10, [4, 1, 1, 4], [10]])
def test_gpt_with_a_cache_gives_the_same_logits(parts):
    network, cache = small_gpt(), Cache()
    tokens = tg.tensor(np.random.default_rng(0).integers(0, 9, (3, 10)))
    found = tg.cat([network(part, cache) for part in tokens.split(parts, 1)], 1)
    np.testing.assert_allclose(found.detach().numpy(), network(tokens).detach().numpy(), 1e-10, 1e-10)
    with pytest.raises(ValueError, match="context is 12 tokens, got 3 and 10 before"):
        network(tokens[:, :3], cache)


def test_gpt_begins_knowing_nothing_and_learns():
    tg.manual_seed(0)
    network, text = models.GPT(9, context=16, layers=2, heads=2, size=16), tg.tensor([[1, 5, 2, 7, 7, 3, 1, 8, 4, 1]])
    optimizer = optim.AdamW(network.parameters(), lr=0.02)
    losses = []
    for _ in range(60):
        loss = nn.functional.cross_entropy(network(text[:, :-1]).flatten(0, 1), text[0, 1:])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert abs(losses[0] - math.log(9)) < 0.1
    assert losses[-1] < 0.05
    assert models.generate(network.eval(), text[:, :1], 9, temperature=0).tolist() == text.tolist()
    assert models.generate(network, text[:, :1], 20).shape == (1, 21)  # more than the context


def test_gpt_drops_in_training_only():
    network, tokens = small_gpt(dropout=0.5), tg.tensor([[1, 2, 3]])
    assert network(tokens).tolist() != network(tokens).tolist()
    network.eval()
    assert network(tokens).tolist() == network(tokens).tolist()


def bert_size(vocabulary: int, context: int, layers: int, size: int) -> int:
    embeddings = (vocabulary + context + 2) * size + 2 * size
    return embeddings + layers * (12 * size**2 + 13 * size) + size**2 + 3 * size + vocabulary


def test_bert_has_the_papers_size():
    assert (
        bert_size(30_522, 512, 12, 768) == 109_514_298
    )  # as published for BERT-base, uncased, with its masked LM head
    assert count(models.BERT(65)) == bert_size(65, 64, 4, 128)


def test_bert_sees_both_sides_and_no_padding():
    tg.manual_seed(0)
    network = models.BERT(9, context=8, layers=2, heads=2, size=8).eval()
    tokens = tg.tensor([[1, 2, 3, 4]])
    padding = tg.tensor([[False, False, False, True]])
    first, padded = network(tokens), network(tokens, padding=padding)
    other = tg.tensor([[1, 2, 3, 8]])
    assert (network(other)[0, 0] != first[0, 0]).all()
    assert network(other, padding=padding)[0, :3].tolist() == padded[0, :3].tolist()
    assert (network(tokens, tg.tensor([[0, 0, 1, 1]])) != first).any()
    assert network(tokens, tg.zeros(1, 4, dtype="int64")).tolist() == first.tolist()
    assert network.encode(tokens).shape == (1, 4, 8)
    with pytest.raises(ValueError, match="context is 8 tokens, got 9"):
        network(tg.zeros(1, 9, dtype="int64"))


def test_bert_learns_to_fill_gaps():
    tg.manual_seed(0)
    network = models.BERT(12, context=12, layers=1, heads=2, size=16, dropout=0.0)
    text = tg.arange(10)[:, None].repeat(1, 12)
    optimizer = optim.AdamW(network.parameters(), lr=0.01)
    for _ in range(120):
        tokens, labels = models.mask_tokens(text, 10, mask=11)
        loss = nn.functional.cross_entropy(network(tokens).flatten(0, 1), labels.flatten())
        optimizer.zero_grad()
        loss.backward()
        assert all(p.grad is not None for p in network.parameters())
        optimizer.step()
    gaps = text.clone()
    gaps[:, 5] = 11
    assert network(gaps)[:, 5].argmax(-1).tolist() == text[:, 5].tolist()


def test_masking():
    tokens = tg.randint(0, 50, (200, 100), generator=tg.Generator().manual_seed(0))
    masked, labels = models.mask_tokens(tokens, 50, 99, generator=tg.Generator().manual_seed(1))
    chosen = labels != -100
    assert labels[chosen].tolist() == tokens[chosen].tolist()
    assert masked[~chosen].tolist() == tokens[~chosen].tolist()
    assert abs(chosen.double().mean().item() - 0.15) < 0.01
    shares = [(masked[chosen] == 99).double().mean().item(), (masked[chosen] == tokens[chosen]).double().mean().item()]
    np.testing.assert_allclose(shares, [0.8, 0.102], 0, 0.02)
    again, _ = models.mask_tokens(tokens, 50, 99, generator=tg.Generator().manual_seed(1))
    assert again.tolist() == masked.tolist()
    with tg.no_grad():
        none, labels = models.mask_tokens(tokens, 50, 99, share=0)
    assert none.tolist() == tokens.tolist()
    assert (labels == -100).all()


@pytest.mark.parametrize(
    "call",
    [
        lambda: models.ResNet(depth="20"),
        lambda: models.VGG(image=3),
        lambda: models.GPT(vocabulary=None),
        lambda: models.generate(models.GPT(9), "a", 3),
        lambda: models.mask_tokens([1], 9, 8),
        lambda: models.BERT(9).encode(None),
        lambda: models.CharRNN(9).read(None),
        lambda: models.Seq2Seq(9)(tg.tensor([[1]]), None),
        lambda: models.Seq2Seq(9)(tg.tensor([[1, 2], [0, 0]]), tg.tensor([[1], [1]])),
        lambda: models.Transformer(9, context=2)(tg.tensor([[1, 2, 3]]), tg.tensor([[1]])),
        lambda: models.translate(models.Seq2Seq(9), "a", 1, 3),
        lambda: models.YOLO((1, 8, 8)).loss(None, []),
        lambda: models.RPN((1, 8, 8)).propose("x"),
        lambda: models.VAE().elbo(3),
        lambda: models.RealNVP().log_prob(None),
        lambda: models.Tokenizer(None, [1.0]),
        lambda: models.ResNet.from_file(None),
        lambda: models.Llama.from_file(3.5),
    ],
)
def test_what_makes_no_sense_is_told(call):
    with pytest.raises((TypeError, ValueError, RuntimeError)):
        call()
