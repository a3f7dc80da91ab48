"""Where PyTorch's modules are here: under each of its paths, the modules of ours in which its names are looked up."""

from collections.abc import Mapping

__all__ = ["PATHS"]

# nn has all layers in one place; PyTorch's programs also import them from the files that PyTorch has them in.
# fmt: off
LAYERS = [
    "activation", "adaptive", "batchnorm", "container", "conv", "distance", "dropout", "flatten", "fold",
    "instancenorm", "linear", "loss", "module", "normalization", "padding", "pixelshuffle", "pooling", "rnn", "sparse",
    "transformer", "upsampling",
]
OPTIMIZERS = [
    "adadelta", "adafactor", "adagrad", "adam", "adamax", "adamw", "asgd", "lbfgs", "nadam", "optimizer", "radam",
    "rmsprop", "rprop", "sgd",
]
DISTRIBUTIONS = [
    "bernoulli", "beta", "binomial", "categorical", "cauchy", "chi2", "dirichlet", "distribution", "exponential",
    "gamma", "geometric", "gumbel", "half_normal", "independent", "kl", "laplace", "log_normal",
    "mixture_same_family", "multivariate_normal", "normal", "one_hot_categorical", "poisson", "relaxed_bernoulli",
    "relaxed_categorical", "transformed_distribution", "uniform",
]
# fmt: on

PATHS: Mapping[str, list[str]] = {
    "torch": ["tinygrad_edu.pytorch.names", "tinygrad_edu"],
    "torch.accelerator": ["tinygrad_edu.accelerator"],
    "torch.amp": ["tinygrad_edu.pytorch.precision"],
    "torch.amp.autocast_mode": ["tinygrad_edu.pytorch.precision"],
    "torch.amp.grad_scaler": ["tinygrad_edu.pytorch.precision"],
    "torch.autograd": ["tinygrad_edu.autograd"],
    "torch.autograd.function": ["tinygrad_edu.autograd"],
    "torch.autograd.functional": ["tinygrad_edu.autograd.functional", "tinygrad_edu.autograd"],
    "torch.autograd.grad_mode": ["tinygrad_edu.autograd"],
    "torch.autograd.gradcheck": ["tinygrad_edu.autograd"],
    "torch.autograd.graph": ["tinygrad_edu.autograd.graph", "tinygrad_edu.autograd"],
    "torch.autograd.variable": ["tinygrad_edu.autograd"],
    "torch.backends": ["tinygrad_edu.backends"],
    "torch.backends.cudnn": ["tinygrad_edu.backends:cudnn"],
    "torch.backends.mps": ["tinygrad_edu.backends:mps"],
    "torch.cuda": ["tinygrad_edu.cuda"],
    "torch.cuda.amp": ["tinygrad_edu.pytorch.precision"],
    "torch.distributed": ["tinygrad_edu.pytorch.distributed"],
    "torch.distributions": ["tinygrad_edu.distributions"],
    **{f"torch.distributions.{file}": ["tinygrad_edu.distributions"] for file in DISTRIBUTIONS},
    "torch.distributions.constraints": ["tinygrad_edu.distributions.constraints"],
    "torch.distributions.transforms": ["tinygrad_edu.distributions.transforms"],
    "torch.distributions.utils": ["tinygrad_edu.distributions.distribution"],
    "torch.func": ["tinygrad_edu.func"],
    "torch.jit": ["tinygrad_edu.pytorch.jit"],
    "torch.linalg": ["tinygrad_edu.linalg"],
    "torch.mps": ["tinygrad_edu.cuda"],
    "torch.multiprocessing": ["multiprocessing"],
    "torch.nn": ["tinygrad_edu.nn", "tinygrad_edu.pytorch.parallel"],
    "torch.nn.functional": ["tinygrad_edu.nn.functional", "tinygrad_edu.pytorch.functional"],
    "torch.nn.attention": ["tinygrad_edu.pytorch.attention"],
    "torch.nn.init": ["tinygrad_edu.nn.init", "tinygrad_edu.pytorch.init"],
    "torch.nn.modules": ["tinygrad_edu.nn"],
    **{f"torch.nn.modules.{file}": ["tinygrad_edu.nn", "tinygrad_edu.pytorch.bases"] for file in LAYERS},
    "torch.nn.modules.module": ["tinygrad_edu.nn", "tinygrad_edu.nn.hooks"],
    "torch.nn.modules.utils": ["tinygrad_edu.pytorch.tuples"],
    "torch.nn.parallel": ["tinygrad_edu.pytorch.parallel"],
    "torch.nn.parallel.distributed": ["tinygrad_edu.pytorch.parallel"],
    "torch.nn.parameter": ["tinygrad_edu.nn"],
    "torch.nn.utils": ["tinygrad_edu.nn.utils", "tinygrad_edu.pytorch.clipping"],
    "torch.nn.utils.clip_grad": ["tinygrad_edu.nn.utils", "tinygrad_edu.pytorch.clipping"],
    "torch.nn.utils.convert_parameters": ["tinygrad_edu.nn.utils"],
    "torch.nn.utils.parametrizations": ["tinygrad_edu.nn.utils.parametrizations"],
    "torch.nn.utils.parametrize": ["tinygrad_edu.nn.utils.parametrize"],
    "torch.nn.utils.prune": ["tinygrad_edu.nn.utils.prune"],
    "torch.nn.utils.rnn": ["tinygrad_edu.nn.utils.rnn"],
    "torch.optim": ["tinygrad_edu.optim"],
    **{f"torch.optim.{file}": ["tinygrad_edu.optim", "tinygrad_edu.optim.hooks"] for file in OPTIMIZERS},
    "torch.optim.lr_scheduler": ["tinygrad_edu.optim.lr_scheduler", "tinygrad_edu.pytorch.schedules"],
    "torch.optim.swa_utils": ["tinygrad_edu.optim.swa_utils"],
    "torch.onnx": ["tinygrad_edu.pytorch.onnx"],
    "torch.random": ["tinygrad_edu", "tinygrad_edu.pytorch.randomness"],
    "torch.serialization": ["tinygrad_edu"],
    "torch.special": ["tinygrad_edu.special"],
    "torch.testing": ["tinygrad_edu.pytorch.testing"],
    "torch.types": ["tinygrad_edu.pytorch.names"],
    "torch.utils": [],
    "torch.utils.checkpoint": ["tinygrad_edu.autograd"],
    "torch.utils.data": ["tinygrad_edu.data"],
    "torch.utils.data._utils": [],
    "torch.utils.data._utils.collate": ["tinygrad_edu.data"],
    "torch.utils.data.dataloader": ["tinygrad_edu.data"],
    "torch.utils.data.dataset": ["tinygrad_edu.data"],
    "torch.utils.data.distributed": ["tinygrad_edu.pytorch.distributed"],
    "torch.utils.data.sampler": ["tinygrad_edu.data"],
    "torch.version": ["tinygrad_edu.pytorch.version"],
    "torch.xpu": ["tinygrad_edu.cuda"],
}
