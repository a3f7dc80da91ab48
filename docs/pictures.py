"""Draw the pictures of this folder again: `python docs/pictures.py`, with the extra `viz`."""

import pathlib

import numpy

import tinygrad_edu as tg
from tinygrad_edu import nn, viz
from tinygrad_edu.data import DataLoader, digits
from tinygrad_edu.models import MLP
from tinygrad_edu.testing import difference_errors
from tinygrad_edu.train import evaluate, fit

HERE = pathlib.Path(__file__).parent / "pictures"


def save(name: str, figure: object) -> None:
    """Write a figure, and tell where."""
    path = HERE / f"{name}.png"
    figure.savefig(path, dpi=72)
    print(path)


def quadratic(x: tg.Tensor, y: tg.Tensor) -> tg.Tensor:
    """A valley twenty times as steep across as along."""
    return x**2 / 20 + y**2


def reached(hidden: int, seed: int) -> float:
    """The accuracy of a small perceptron on the digits that were held out."""
    tg.manual_seed(seed)
    train, test = digits()
    model = MLP(hidden=hidden)
    fit(model, DataLoader(train, 64, shuffle=True), tg.optim.Adam(model.parameters(), 2e-3), epochs=3)
    return evaluate(model, DataLoader(test, 355))["accuracy"]


def main() -> None:
    """Train a small network and a decoder on the digits, and draw all there is to draw."""
    tg.manual_seed(0)
    HERE.mkdir(exist_ok=True)
    train, test = digits()
    images, labels = test.tensors
    model = nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(256, 10),
    )  # fmt: skip
    loader, held_out = DataLoader(train, 64, shuffle=True), DataLoader(test, 355)
    history = fit(model, loader, tg.optim.Adam(model.parameters(), 2e-3), epochs=8, validation=held_out).history
    predicted = model(images).argmax(1)
    matrix = numpy.zeros((10, 10), int)
    numpy.add.at(matrix, (labels.numpy(), predicted.numpy()), 1)
    save("learning_curves", viz.learning_curves(history))
    save("confusion_matrix", viz.confusion_matrix(matrix))
    wrong = (predicted != labels).nonzero()[:, 0].tolist()
    chosen = [*wrong[:4], *range(12 - len(wrong[:4]))]
    save("images", viz.images(images[chosen], labels[chosen], predicted[chosen], columns=6))
    seen = viz.grad_cam(model, model[3], images[:12])
    save("heat", viz.images(images[:12], labels[:12], predicted[:12], heat=seen, columns=6))
    save("filters", viz.filters(model[0].weight))
    save("feature_maps", viz.feature_maps(model[0](images[0])))
    save("im2col", viz.im2col(numpy.arange(1, 26).reshape(5, 5), 3, stride=2, padding=1))
    save("histograms", viz.histograms(viz.activations(model, images)))
    nn.functional.cross_entropy(model(images), labels).backward()
    save("gradient_norms", viz.gradient_norms(model))
    attention = tg.rand(8, 8).tril() + 1e-3 * tg.eye(8)
    save(
        "attention_map",
        viz.attention_map(attention / attention.sum(1, keepdim=True), queries="learning", keys="learning"),
    )
    paths = {
        "SGD": viz.descent(quadratic, (-7, 2), lambda p: tg.optim.SGD(p, lr=0.95), 30),
        "momentum": viz.descent(quadratic, (-7, 2), lambda p: tg.optim.SGD(p, lr=0.1, momentum=0.9), 30),
        "Adam": viz.descent(quadratic, (-7, 2), lambda p: tg.optim.Adam(p, lr=0.3), 30),
    }
    save("loss_surface", viz.loss_surface(quadratic, paths, x=(-10, 10), y=(-5, 5), minimum=(0, 0)))
    around = tg.rand(120) * 6.28
    labels = (tg.arange(120) % 2).float()
    rings = tg.stack([around.cos(), around.sin()], 1) * (0.6 + 0.8 * labels[:, None]) + 0.12 * tg.randn(120, 2)
    parting = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 1), nn.Sigmoid())
    optimizer = tg.optim.Adam([*parting.parameters()], 0.03)
    for _ in range(200):
        optimizer.zero_grad()
        nn.functional.binary_cross_entropy(parting(rings)[:, 0], labels).backward()
        optimizer.step()
    save("decision_regions", viz.decision_regions(parting, rings, labels))
    save("difference_errors", viz.difference_errors(difference_errors(tg.exp, numpy.linspace(0.1, 1.1, 50))))
    decoder = nn.Sequential(nn.Linear(2, 64), nn.Sigmoid())
    optimizer = tg.optim.Adam([*decoder.parameters()], 0.02)
    flat = train.tensors[0].flatten(1)
    codes = tg.linalg.svd(flat - flat.mean(0), full_matrices=False)[0][:, :2] * 25
    for _ in range(300):
        optimizer.zero_grad()
        (decoder(codes) - flat).square().mean().backward()
        optimizer.step()
    save("latent_grid", viz.latent_grid(lambda z: decoder(z).reshape(-1, 1, 8, 8), count=10))
    canvas = numpy.zeros((24, 40))
    corners = [(2, 3), (14, 8), (28, 12)]
    for k, (left, top) in enumerate(corners):
        canvas[top : top + 8, left : left + 8] = images[k, 0].numpy()
    found = [[left, top, left + 8, top + 8] for left, top in corners]
    told = [str(int(label)) for label in labels[:3]]
    save("boxes", viz.boxes(canvas, found, labels=told, scores=[0.98, 0.91, 0.87]))
    marked = numpy.zeros(canvas.shape, int)
    for k, (left, top) in enumerate(corners):
        marked[top : top + 8, left : left + 8] = (k + 1) * (images[k, 0].numpy() > 0.3)
    save("masks", viz.masks(canvas, marked))
    scores = {f"{hidden} hidden units": [reached(hidden, seed) for seed in range(5)] for hidden in (16, 32, 64, 128)}
    save("comparison", viz.comparison(scores, baseline="32 hidden units"))


if __name__ == "__main__":
    main()
