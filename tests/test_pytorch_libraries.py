"""What libraries over PyTorch, such as timm, take from it by name: there, or refused where it is used."""

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.pytorch import as_torch


@pytest.fixture(autouse=True)
def _switched():
    with as_torch():
        yield


def test_compilers_and_tracers_leave_functions_as_they_are():
    import torch
    from torch.jit.annotations import List, Optional

    def double(x: List[int], y: Optional[int] = None):
        return 2 * x

    assert torch.fx.wrap(double) is torch.jit._overload_method(double) is double
    with pytest.raises(RuntimeError, match="does not trace"):
        torch.fx.symbolic_trace(tg.nn.ReLU())


def test_fourier_transforms_are_refused_where_they_are_used():
    from torch.fft import fft, irfft

    for transform in (fft, irfft):
        with pytest.raises(RuntimeError, match=r"no complex numbers; numpy\.fft"):
            transform(tg.ones(4))


def test_functions_of_complex_numbers_are_refused_where_they_are_used():
    import torch

    for name in ("complex", "polar", "view_as_complex", "view_as_real", "stft", "istft"):
        with pytest.raises(RuntimeError, match="Tensors hold no complex numbers"):
            getattr(torch, name)(tg.ones(4, 2), tg.ones(4, 2))


def test_devices_that_are_not_there_can_be_named():
    import torch

    far = torch.device("cuda", 1)
    assert (far.type, far.index, str(far), repr(far)) == ("cuda", 1, "cuda:1", "device(type='cuda', index=1)")
    assert torch.device("cuda:1") == far != torch.device("cpu")
    assert torch.device(0) == torch.device("cuda:0")
    assert torch.device(torch.device("mps")).type == "mps"
    assert isinstance(torch.ones(2).device, torch.device)
    assert torch.ones(2).device == torch.device("cpu")
    for use in (
        lambda: torch.ones(2, device=far),
        lambda: torch.ones(2).to(far),
        lambda: torch.nn.Linear(2, 2).to(far),
        lambda: torch.Generator(device=far),
    ):
        with pytest.raises(RuntimeError, match="there is no device 'cuda:1'"):
            use()
    for wrong in ("tpu", "cuda:x"):
        with pytest.raises(RuntimeError, match="no kind of device"):
            torch.device(wrong)


def test_dtypes_that_are_not_there_can_be_named():
    import torch

    known = {torch.uint16: 2, torch.uint64: 8, torch.complex64: 8, torch.float8_e5m2: 1}
    assert {kind.itemsize for kind in known} == {1, 2, 8}
    assert torch.complex64.is_complex
    assert not torch.uint16.is_floating_point
    assert torch.float8_e5m2.is_floating_point
    assert torch.ones(2).dtype != torch.complex64
    with pytest.raises(TypeError, match=r"torch\.complex64 is not a dtype"):
        torch.ones(2, dtype=torch.complex64)


def test_results_that_are_still_to_come():
    from torch.futures import Future, collect_all, wait_all

    first, second = Future(), Future()
    doubled = first.then(lambda done: 2 * done.value())
    failed = second.then(lambda done: 1 / 0)
    first.set_result(3)
    second.set_result(4)
    assert doubled.wait() == 6
    assert wait_all([first, doubled]) == [3, 6]
    assert [done.value() for done in collect_all([first, second]).wait()] == [3, 4]
    with pytest.raises(ZeroDivisionError):
        failed.wait()


def test_networks_spread_over_one_device():
    from torch.nn.parallel import gather, parallel_apply, replicate, scatter

    net, x = tg.nn.Linear(2, 1), tg.ones(3, 2)
    outputs = parallel_apply(replicate(net, [0]), scatter(x, [0]))
    assert tg.equal(gather(outputs, 0), net(x))
    assert tg.equal(parallel_apply([net], [(x,)], [{}])[0], net(x))


def test_what_distributions_of_programs_own_are_made_of():
    import torch
    from torch.distributions import constraints
    from torch.distributions.transforms import AffineTransform, _InverseTransform
    from torch.distributions.utils import (
        _standard_normal,
        _sum_rightmost,
        clamp_probs,
        lazy_property,
        logits_to_probs,
        probs_to_logits,
        tril_matrix_to_vec,
        vec_to_tril_matrix,
    )

    class Coin:
        asked = 0

        @lazy_property
        def logits(self):
            """Of heads."""
            Coin.asked += 1
            return probs_to_logits(tg.tensor([0.25]), is_binary=True)

    coin = Coin()
    assert coin.logits is coin.logits
    assert (Coin.asked, Coin.logits.__doc__) == (1, "Of heads.")
    np.testing.assert_allclose(coin.logits, [np.log(1 / 3)], rtol=1e-6)
    np.testing.assert_allclose(logits_to_probs(coin.logits, is_binary=True), [0.25], rtol=1e-6)
    probs = tg.tensor([0.5, 0.25, 0.25])
    np.testing.assert_allclose(logits_to_probs(probs_to_logits(probs)), probs, rtol=1e-6)
    eps = np.finfo(np.float32).eps
    np.testing.assert_array_equal(clamp_probs(tg.tensor([0.0, 1.0])), np.array([eps, 1 - eps], np.float32))
    assert _standard_normal((2, 3), tg.float64, "cpu").dtype == tg.float64
    assert _sum_rightmost(tg.ones(2, 3, 4), 2).tolist() == [12, 12]
    assert isinstance(AffineTransform(0.0, 2.0).inv, _InverseTransform)
    assert type(constraints.positive) is constraints._GreaterThan
    assert isinstance(constraints.dependent_property(), constraints._Dependent)
    concentration = tg.tensor([[0.5, 2.0, 9.0]], requires_grad=True)
    tg.manual_seed(0)
    drawn = torch._sample_dirichlet(concentration.expand(4000, 3))
    np.testing.assert_allclose(drawn.mean(0).detach(), concentration[0].detach() / 11.5, atol=0.02)
    drawn = torch._standard_gamma(concentration.expand(4000, 3), tg.Generator().manual_seed(3))
    np.testing.assert_allclose(drawn.mean(0).detach(), [0.5, 2.0, 9.0], rtol=0.05)
    drawn.sum().backward()
    np.testing.assert_allclose(concentration.grad[0] / 4000, 1, rtol=0.1)  # the mean is the concentration
    matrices = tg.arange(1.0, 19.0).reshape(2, 3, 3)
    assert tril_matrix_to_vec(matrices[0]).tolist() == [1, 4, 5, 7, 8, 9]
    assert tril_matrix_to_vec(matrices[0], 1).tolist() == [1, 2, 4, 5, 6, 7, 8, 9]
    for diagonal in range(-3, 3):
        vectors = tril_matrix_to_vec(matrices, diagonal)
        assert vec_to_tril_matrix(vectors, diagonal).tolist() == matrices.tril(diagonal).tolist()
    with pytest.raises(ValueError, match="no square matrix has 4 elements"):
        vec_to_tril_matrix(tg.ones(4))
    with pytest.raises(ValueError, match="have the diagonals -3 to 2, got 3"):
        tril_matrix_to_vec(matrices, 3)


def test_files_that_are_not_downloaded():
    import torch

    assert torch.hub.HASH_REGEX.search("resnet18-f37072fd.pth")[1] == "f37072fd"
    assert torch.hub.urlparse("https://a.b/c.pth").path == "/c.pth"
    with pytest.raises(RuntimeError, match=r"put the file from here at there"):
        torch.hub.download_url_to_file("here", "there")


def test_names_of_layers_and_optimizers():
    import torch
    from torch.nn.modules.batchnorm import SyncBatchNorm
    from torch.nn.modules.transformer import _get_activation_fn
    from torch.optim.optimizer import ParamsT, _params_t

    assert _params_t is ParamsT
    assert SyncBatchNorm is torch.nn.SyncBatchNorm
    assert _get_activation_fn("gelu")(tg.tensor(0.0)) == 0
    with pytest.raises(RuntimeError, match="relu"):
        _get_activation_fn("tanh")


def test_an_assertion_of_the_programs_stays_one():
    import torch

    class Net(torch.nn.Module):
        def forward(self, x):
            torch._assert(x.ndim == 4, "pictures are wanted")
            return x

    with pytest.raises(AssertionError, match=r"^pictures are wanted$"):
        torch.nn.Sequential(Net())(torch.ones(2))
    with pytest.raises(AssertionError, match="differ"):
        torch.func.grad(lambda x: torch.testing.assert_close(x, x + 1))(torch.ones(2))


def test_what_is_not_there_in_a_forward_is_told_as_it_is():
    import torch

    class Net(torch.nn.Module):
        def forward(self, x):
            if x.sum() > 0:
                from torchvision.ops import deform_conv2d

                return deform_conv2d(x)
            return torch.load("no/such.pt")

    with pytest.raises(ImportError, match=r"torchvision\.ops\.deform_conv2d is not in tinygrad_edu"):
        Net()(torch.ones(2))
    with pytest.raises(FileNotFoundError, match=r"no/such\.pt"):
        Net()(torch.zeros(2))


def test_containers_that_update_in_a_way_of_their_own():
    import torch

    class Metrics(torch.nn.ModuleDict):
        def __init__(self):
            super().__init__()
            self.ready = True

        def update(self, *args):
            assert self.ready

    Metrics().update(1)

    class Layers(torch.nn.ModuleList):
        extend = None

    assert len(Layers()) == 0


def test_what_programs_ask_of_the_inside():
    import torch
    from torch.nn.modules.module import _IncompatibleKeys
    from torch.serialization import DEFAULT_PROTOCOL, MAP_LOCATION, add_safe_globals, safe_globals  # noqa: F401

    assert torch.__config__.show().startswith("tinygrad_edu on NumPy")
    assert "threads" in torch.__config__.parallel_info()
    assert torch._C._log_api_usage_once("metric") is torch._C._get_tracing_state() is None
    loaded = torch.nn.Linear(1, 1).load_state_dict({}, strict=False)
    assert isinstance(loaded, _IncompatibleKeys)
    add_safe_globals([dict])
    with safe_globals([dict]):
        assert DEFAULT_PROTOCOL == 2


def test_normal_vectors_of_programs_own():
    from torch.distributions.multivariate_normal import _batch_mahalanobis, _batch_mv, _precision_to_scale_tril

    precision = tg.tensor([[4.0, 1.0], [1.0, 2.0]])
    factor = _precision_to_scale_tril(precision)
    np.testing.assert_allclose(factor @ factor.mT, precision.inverse(), rtol=1e-5)
    assert factor[0, 1] == 0
    v = tg.tensor([[1.0, 2.0], [3.0, 4.0]])
    np.testing.assert_allclose(_batch_mv(precision, v), v @ precision, rtol=1e-6)
    np.testing.assert_allclose(_batch_mahalanobis(factor, v), ((v @ precision) * v).sum(1), rtol=1e-5)


def test_parameters_of_a_kind_are_together():
    from torch.utils._foreach_utils import _group_tensors_by_device_and_dtype

    short, long, more = tg.ones(2), tg.ones(3, dtype=tg.float64), tg.zeros(1)
    groups = _group_tensors_by_device_and_dtype([[short, long, more], [1, 2, 3]], with_indices=True)
    assert list(groups.values()) == [([[short, more], [1, 3]], [0, 2]), ([[long], [2]], [1])]
    assert [(str(place), kind.name) for place, kind in groups] == [("cpu", "float32"), ("cpu", "float64")]


def test_a_modules_dictionary_has_its_names():
    import torch
    import torchvision.models as models

    names = sorted(n for n in models.__dict__ if n.islower() and callable(models.__dict__[n]))
    assert {"resnet18", "vgg16", "densenet121"} <= set(names)
    assert vars(torch.optim)["Adam"] is tg.optim.Adam
    kinds = [kind for kind in vars(torch.nn.modules.activation).values() if isinstance(kind, type)]
    assert torch.nn.ReLU in kinds
    torch.of_the_programs = 3
    assert vars(torch)["of_the_programs"] == torch.of_the_programs == 3


def test_compressed_matrices_are_dense():
    import torch

    values = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    wanted = [[1, 0, 2], [0, 0, 0], [0, 3, 0]]
    by_rows = torch.sparse_csr_tensor([0, 2, 2, 3], [0, 2, 1], values)
    assert by_rows.tolist() == wanted
    assert torch.sparse_csc_tensor([0, 1, 2, 3], [0, 2, 0], [1.0, 3.0, 2.0], (4, 3)).tolist() == [*wanted, [0, 0, 0]]
    assert by_rows.to_sparse_csr()._coalesced_(True) is by_rows
    (by_rows @ torch.tensor([1.0, 10.0, 100.0])).sum().backward()
    assert values.grad.tolist() == [1, 100, 10]
    rows = torch._convert_indices_from_coo_to_csr(torch.tensor([0, 0, 2]), 3, out_int32=True)
    assert (rows.tolist(), rows.dtype) == ([0, 2, 2, 3], torch.int32)
    assert torch.sparse_csr_tensor([0, 0], [], []).shape == (1, 0)
    assert torch.ones(2).layout != torch.sparse_coo


def test_what_is_refused_where_it_is_made():
    import torch
    from torch.distributed.optim import ZeroRedundancyOptimizer
    from torch.fx import GraphModule, Node

    for make, told in [
        (torch.cuda.Stream, "no CUDA device"),
        (torch.cuda.Event, "no CUDA device"),
        (torch.cuda.current_stream, "no CUDA device"),
        (torch.cuda.get_device_name, "no CUDA device"),
        (lambda: ZeroRedundancyOptimizer([]), "one process"),
        (GraphModule, "does not trace"),
        (Node, "does not trace"),
    ]:
        with pytest.raises(RuntimeError, match=told):
            make()
    with torch.cuda.stream(None):
        torch.cuda.random.manual_seed(0)


def test_names_that_libraries_show_and_hand_over():
    import torch
    from torch._tensor_str import PRINT_OPTS, _tensor_str
    from torch.utils.data.dataloader import _BaseDataLoaderIter
    from torch.utils.dlpack import to_dlpack

    assert (PRINT_OPTS.threshold, _tensor_str(torch.tensor([1, 20]), indent=0)) == (1000, "[ 1, 20]")
    assert "dltensor" in repr(to_dlpack(torch.ones(2)))
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.ones(2)))
    assert isinstance(iter(loader), _BaseDataLoaderIter)
    assert torch.utils.data.DistributedSampler is torch.distributed.DistributedSampler
    assert torch.Future is torch.futures.Future
    assert issubclass(torch.nn.UninitializedParameter, torch.nn.Parameter)
    assert torch.autograd.profiler.EventList


def test_a_distribution_of_the_programs_expands_in_its_own_way():
    from torch import distributions

    class Diagonal(distributions.Independent):
        def __init__(self, loc, scale):
            super().__init__(distributions.Normal(loc, scale), 1)

        def expand(self, batch_shape, new=None):
            new = self._get_checked_instance(Diagonal, new)
            return super().expand(batch_shape, new)

    class Narrow(Diagonal):
        def __init__(self, loc):
            super().__init__(loc, 0.1)

    wide = Diagonal(tg.zeros(3), tg.ones(3)).expand((2,))
    assert (type(wide), wide.batch_shape, wide.event_shape) == (Diagonal, (2,), (3,))
    np.testing.assert_allclose(wide.log_prob(tg.zeros(2, 3)), [-1.5 * np.log(2 * np.pi)] * 2, rtol=1e-6)
    with pytest.raises(NotImplementedError, match="Narrow has an __init__ of its own"):
        Narrow(tg.zeros(3)).expand((2,))


def test_how_sizes_are_annotated():
    from torch.nn.common_types import _ratio_any_t, _size_2_t, _size_any_t

    assert _size_2_t == _size_any_t == int | tuple[int, ...]
    assert _ratio_any_t == float | tuple[float, ...]


def test_functions_of_lists_in_place():
    import torch

    first, second = [tg.tensor([1.0, 5.0]), tg.tensor([2.0])], [tg.tensor([3.0, 4.0]), tg.tensor([1.0])]
    torch._foreach_maximum_(first, second)
    assert [x.tolist() for x in first] == [[3, 5], [2]]
    torch._foreach_minimum_(first, [tg.tensor(2.5), tg.tensor(9.0)])
    assert [x.tolist() for x in first] == [[2.5, 2.5], [2]]
    torch._foreach_clamp_max_(first, 2.25)
    assert [x.tolist() for x in first] == [[2.25, 2.25], [2]]


def test_an_optimizer_around_another_may_do_without_its_beginning():
    import torch

    class Around(torch.optim.Optimizer):
        def __init__(self, inner):
            self.inner, self.param_groups = inner, inner.param_groups
            self._patch_step_function()

        def step(self, closure=None):
            return self.inner.step(closure)

    p = torch.nn.Parameter(torch.ones(1))
    around, told = Around(torch.optim.SGD([p], lr=1.0)), []
    around.register_step_post_hook(lambda *arguments: told.append(p.item()))
    p.grad = torch.ones(1)
    around.step()
    assert told == [0]


def test_what_is_out_of_scope_says_why():
    import torch

    for name, told in [
        ("quantization", "no numbers are quantised"),
        ("ops", "a Function has its own backward"),
    ]:
        with pytest.raises(AttributeError, match=rf"torch\.{name} is not in tinygrad_edu: .*{told}$"):
            getattr(torch, name)
    with pytest.raises(ModuleNotFoundError, match=r"torch\.distributed\.rpc .*: a program runs in one process$"):
        __import__("torch.distributed.rpc")
    with pytest.raises(TypeError, match=r"torch\.bfloat16 is not a dtype of Tensors"):
        torch.ones(2).bfloat16()


def test_a_library_over_torch_may_be_asked_for(tmp_path, monkeypatch):
    from importlib.util import find_spec

    monkeypatch.setattr("sys.path", [str(tmp_path)])
    assert find_spec("torchaudio") is find_spec("torchtext") is None
    with pytest.raises(ImportError, match="No module named 'torchaudio'"):
        __import__("torchaudio")
    (tmp_path / "torchaudio.py").write_text("import torch._C._aoti")
    assert find_spec("torchaudio") is not None
    with pytest.raises(ImportError, match="torchaudio needs PyTorch itself"):
        exec("from torchaudio import transforms")


def test_reductions_by_numbers():
    import torch.nn.functional as F
    from torch.nn import _reduction

    assert [_reduction.get_enum(name) for name in ("none", "mean", "sum")] == [0, 1, 2]
    assert F._Reduction.get_enum("sum") == 2
    with pytest.raises(ValueError, match="median is not a valid value for reduction"):
        _reduction.get_enum("median")
    assert F._Reduction.legacy_get_string(None, False, emit_warning=False) == "none"
    assert F._Reduction.legacy_get_string(None, None, emit_warning=False) == "mean"
    with pytest.warns(UserWarning, match="now reduction='sum'"):
        assert _reduction.legacy_get_enum(False, True) == 2


def test_names_of_the_inside_that_libraries_import():
    import torch
    import torch.functional
    from torch._C import Graph, Value  # noqa: F401

    assert torch.functional.einsum("i,i->", torch.ones(3), torch.ones(3)) == 3
    assert not torch.cuda._initialized
    assert torch.jit.script_if_tracing(np.sin) is np.sin


def test_saved_variables_are_saved_tensors():
    import torch

    class Double(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return 2 * x

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_variables
            return g * 2 * torch.ones_like(x)

    x = torch.ones(3, requires_grad=True)
    with pytest.warns(DeprecationWarning, match="now saved_tensors"):
        Double.apply(x).sum().backward()
    assert x.grad.tolist() == [2, 2, 2]


def test_structures_of_libraries_own(monkeypatch):
    import torch
    from torch.utils._pytree import register_pytree_node, tree_flatten, tree_map, tree_unflatten

    class Pair:
        def __init__(self, first, second, name):
            self.parts, self.name = (first, second), name

    monkeypatch.setattr("tinygrad_edu.func.structures.kinds", {})
    assert len(tree_flatten(Pair(1, 2, "a"))[0]) == 1
    register_pytree_node(Pair, lambda pair: (pair.parts, pair.name), lambda parts, name: Pair(*parts, name))
    with pytest.raises(ValueError, match="Pair is already registered"):
        register_pytree_node(Pair, None, None)
    leaves, structure = tree_flatten([Pair(1, {"b": 2}, "a"), 3])
    assert leaves == [1, 2, 3]
    again = tree_unflatten([4, 5, 6], structure)
    assert (again[0].parts, again[0].name, again[1]) == ((4, {"b": 5}), "a", 6)
    assert tree_map(lambda x: -x, Pair(1, 2, "c")).parts == (-1, -2)
    gradient = torch.func.grad(lambda pair: (pair.parts[0] * pair.parts[1]).sum())(
        Pair(tg.ones(2), 3 * tg.ones(2), "d")
    )
    assert [x.tolist() for x in gradient.parts] == [[3, 3], [1, 1]]


def test_two_numbers_are_added_as_tensors():
    import torch

    assert torch.equal(torch.div(12, 2, rounding_mode="trunc"), torch.tensor(6))
    assert torch.equal(torch.add(1, 2.5, alpha=2), torch.tensor(6.0))
    assert torch.equal(torch.mul(2, other=True), torch.tensor(2))
    assert torch.add(2, torch.ones(2, dtype=torch.int32)).dtype == torch.int32


def test_frequencies_and_their_order():
    from torch.fft import fftfreq, fftshift, ifftshift, rfftfreq

    for n in (1, 4, 5):
        np.testing.assert_allclose(fftfreq(n, 0.5), np.fft.fftfreq(n, 0.5), rtol=1e-6)
        np.testing.assert_allclose(rfftfreq(n, 2.0), np.fft.rfftfreq(n, 2.0), rtol=1e-6)
    assert fftfreq(4).dtype == rfftfreq(4).dtype == tg.float32
    assert fftfreq(4, dtype=tg.float64).dtype == tg.float64
    x = np.arange(30).reshape(2, 3, 5)
    for dim in (None, 1, -1, (0, 2)):
        np.testing.assert_array_equal(fftshift(tg.tensor(x), dim), np.fft.fftshift(x, dim))
        np.testing.assert_array_equal(ifftshift(tg.tensor(x), dim=dim), np.fft.ifftshift(x, dim))


def test_the_gradient_of_softmax_by_itself():
    from torch import _softmax_backward_data

    x = tg.tensor(np.linspace(-1, 2, 12).reshape(3, 4), requires_grad=True)
    g = tg.tensor(np.cos(np.arange(12.0)).reshape(3, 4))
    y = x.softmax(0)
    y.backward(g)
    np.testing.assert_allclose(_softmax_backward_data(g, y.detach(), 0, tg.float64), x.grad, rtol=1e-12)
    assert _softmax_backward_data(g, y, 0, tg.float32).dtype == tg.float32


def test_a_parameter_that_a_property_stands_before():
    import torch

    class Ball(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.k = torch.nn.Parameter(torch.ones(1))
            self._parameters["c"] = self._parameters.pop("k")

        @property
        def k(self):
            return -self.c

    ball = Ball()
    assert [name for name, _ in ball.named_parameters()] == ["c"]
    assert ball.k.item() == -1
    ball.k.backward()
    assert ball.c.grad.item() == -1
    with pytest.raises(KeyError):
        del ball._parameters["k"]


def test_what_libraries_ask_of_tensors_that_might_be_complex_or_elsewhere():
    import torch

    x = torch.arange(6.0, requires_grad=True)
    assert (x.is_conj(), x.is_neg(), torch.is_signed(x), torch.get_device(x)) == (False, False, True, -1)
    assert x.resolve_conj() is x.resolve_neg() is x
    first, second = (x * 1).unsafe_chunk(2)
    first.mul_(2)
    (first * 2 + second).sum().backward()
    assert x.grad.tolist() == [4, 4, 4, 1, 1, 1]
    v = torch.tensor([[[3.0, 0.0], [4.0, 0.0]]])
    assert [torch.norm_except_dim(v, 2, d).tolist() for d in (0, 1, -1)] == [[[[5.0]]], [[[3.0], [4.0]]], 5.0]
    assert (torch.get_autocast_dtype("cuda"), torch.get_autocast_cpu_dtype()) == (torch.float16, torch.bfloat16)

    class Named(torch.Tensor):
        pass

    named = (x * 2).as_subclass(Named)
    assert isinstance(named, Named)
    assert torch.autograd.grad(named.sum(), x)[0].tolist() == [2] * 6
    with pytest.raises(TypeError, match="class of Tensors"):
        x.as_subclass(int)


def test_loaders_that_keep_their_iterator():
    """As timm, YOLO and programs that end their workers have them."""
    import torch
    from torch.utils.data import DataLoader
    from torch.utils.data.dataloader import _MultiProcessingDataLoaderIter, _SingleProcessDataLoaderIter

    class Forever:
        def __init__(self, sampler):
            self.sampler = sampler

        def __iter__(self):
            while True:
                yield from iter(self.sampler)

    class Kept(DataLoader):
        def __init__(self, *args, **settings):
            super().__init__(*args, **settings)
            self._DataLoader__initialized = False
            self.batch_sampler = Forever(self.batch_sampler)
            self._DataLoader__initialized = True
            self.iterator = super().__iter__()

        def __len__(self):
            return len(self.batch_sampler.sampler)

        def __iter__(self):
            for _ in range(len(self)):
                yield next(self.iterator)

    loader = Kept(range(5), batch_size=2)
    assert [[batch.tolist() for batch in loader] for _ in range(2)] == [[[0, 1], [2, 3], [4]]] * 2
    assert isinstance(loader.iterator, _SingleProcessDataLoaderIter)
    with pytest.raises(ValueError, match="cannot be set"):
        loader.batch_sampler = None

    loader = DataLoader(range(3), num_workers=1, persistent_workers=True)
    assert loader._iterator is None
    for _ in range(2):
        assert torch.cat(list(loader)).tolist() == [0, 1, 2]
        workers = loader._iterator
        workers._shutdown_workers()
        assert workers.closed
        loader._iterator = None
    started = iter(DataLoader(range(3), num_workers=1))
    assert isinstance(started, _MultiProcessingDataLoaderIter)
    assert next(started).tolist() == [0]
    started._shutdown_workers()
    with pytest.raises(RuntimeError, match="have gone"):
        next(started)


def test_samples_of_kinds_of_ones_own_are_put_together_by_functions_of_ones_own():
    import torch
    from torch.utils.data import DataLoader
    from torch.utils.data._utils.collate import collate, default_collate, default_collate_fn_map

    class Box:
        pass

    def counted(batch, *, collate_fn_map=None):
        return len(batch)

    def joined(batch, *, collate_fn_map=None):
        return torch.cat(batch)

    ragged = [{"a": torch.ones(2)}, {"a": torch.ones(1)}]
    assert collate(ragged, collate_fn_map={torch.Tensor: joined})["a"].tolist() == [1] * 3
    assert collate([(1, Box()), (2, Box())], collate_fn_map={Box: counted, **default_collate_fn_map})[1] == 2
    default_collate_fn_map[Box] = counted
    try:
        for numbers, count in (default_collate([(1, Box())]), next(iter(DataLoader([(1, Box())])))):
            assert (numbers.tolist(), count) == ([1], 1)
    finally:
        del default_collate_fn_map[Box]
    with pytest.raises(TypeError, match="not Box"):
        default_collate([Box()])


def test_parameters_of_ones_own_that_are_made_in_new():
    import torch

    class Named(torch.nn.Parameter):
        def __new__(cls, data, name="", requires_grad=True):
            made = torch.Tensor._make_subclass(cls, data, requires_grad)
            made.tag = name
            return made

    class Positive(Named):
        pass

    data = torch.ones(3)
    net = torch.nn.Module()
    net.scale = Positive(data, name="scale")
    assert (type(net.scale), net.scale.tag, net.scale.requires_grad) == (Positive, "scale", True)
    assert [name for name, _ in net.named_parameters()] == ["scale"]
    data.mul_(2)
    (net.scale**2).sum().backward()
    assert net.scale.grad.tolist() == [4, 4, 4]
    assert not Named(data, requires_grad=False).requires_grad


def test_forward_mode_tells_what_it_cannot():
    import torch.autograd.forward_ad as forward_ad

    x = tg.ones(3)
    with pytest.raises(RuntimeError, match="make_dual needs a level"):
        forward_ad.make_dual(x, x)
    with pytest.raises(RuntimeError, match="no dual level to leave"):
        forward_ad.exit_dual_level()
    with forward_ad.dual_level():
        with pytest.raises(ValueError, match=r"a tangent of the Tensor's shape .*3.*, got .*2"):
            forward_ad.make_dual(x, tg.ones(2))
        with pytest.raises(ValueError, match=r"Tensors of floats, got .*float32 and .*int64"):
            forward_ad.make_dual(x, tg.arange(3))
        with pytest.raises(RuntimeError, match="do not nest"), forward_ad.dual_level():
            pass
        assert forward_ad.unpack_dual(x).tangent is None
        dual = forward_ad.make_dual(x, x)
        assert forward_ad.unpack_dual(tg.ones(2, requires_grad=True) * 2).tangent is None
        assert forward_ad.unpack_dual(tg.sign(dual)).tangent.tolist() == [0, 0, 0]
    assert forward_ad.unpack_dual(dual).tangent is None
    assert not (x * 2).requires_grad


def test_functorch_tells_what_it_cannot():
    from functorch import combine_state_for_ensemble, make_functional

    with pytest.raises(RuntimeError, match="a module without buffers"):
        make_functional(tg.nn.BatchNorm1d(2))
    with pytest.raises(RuntimeError, match="all in training, or none"):
        combine_state_for_ensemble([tg.nn.Linear(1, 1), tg.nn.Linear(1, 1).eval()])


def test_rows_of_embeddings_without_a_gradient_stay_with_their_averages():
    from torch.optim import SparseAdam

    with pytest.raises(ValueError, match="lr must be 0 or more"):
        SparseAdam([tg.ones(2, 2, requires_grad=True)], lr=-1)
    p = tg.ones(3, 2, requires_grad=True)
    optimizer = SparseAdam([p], lr=0.1)
    p.grad = tg.tensor([[1.0, 0.0], [0.0, 0.0], [0.0, -2.0]])
    optimizer.step()
    np.testing.assert_allclose(p.detach().numpy(), [[0.9, 1.0], [1.0, 1.0], [1.0, 1.1]], rtol=1e-6)
    p.grad = tg.tensor([[0.0, 0.0], [1.0, 1.0], [0.0, 0.0]])
    optimizer.step()
    np.testing.assert_allclose(p.detach().numpy()[[0, 2]], [[0.9, 1.0], [1.0, 1.1]], rtol=1e-6)


def test_data_in_a_forward_is_written_to_unseen_and_nowhere_else():
    class Fill(tg.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            x.data[1] = 5
            return x.clone()

        @staticmethod
        def backward(ctx, g):
            return g

    a, w = tg.ones(2), tg.ones(2, requires_grad=True)
    kept = (a[:1] * w[:1]).sum()
    Fill.apply(a)
    kept.backward()
    assert (a.tolist(), w.grad.tolist()) == ([1, 5], [1, 0])
    kept = (a * w).sum()
    a.data[0] = 7
    with pytest.raises(RuntimeError, match="was overwritten"):
        kept.backward()


def test_flexible_attention_has_gradients_and_tells_its_heads():
    from torch.nn.attention.flex_attention import AuxRequest, create_block_mask, flex_attention

    q, k, v = (tg.randn(2, 4, 5, 3, dtype="float64", requires_grad=True) for _ in range(3))
    causal = create_block_mask(lambda b, h, i, j: i >= j, 2, 4, 5, 5)
    assert (tuple(causal.shape), round(causal.sparsity())) == ((2, 4, 5, 5), 40)
    out = flex_attention(q, k, v, block_mask=causal.to("cpu"))
    found = tg.autograd.grad(out.sin().sum(), [q, k, v])
    wanted = tg.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
    for ours, theirs in zip(found, tg.autograd.grad(wanted.sin().sum(), [q, k, v]), strict=True):
        np.testing.assert_allclose(ours.numpy(), theirs.numpy(), atol=1e-12)
    scores = (q @ k.mT * 3**-0.5).detach()
    out, lse = flex_attention(q, k, v, return_lse=True)
    np.testing.assert_allclose(lse.detach().numpy(), scores.logsumexp(-1).numpy())
    _, aux = flex_attention(q, k, v, return_aux=AuxRequest(max_scores=True))
    np.testing.assert_allclose(aux.max_scores.detach().numpy(), scores.amax(-1).numpy())
    assert aux.lse is None
    with pytest.raises(ValueError, match="4 heads of queries and 2 of keys"):
        flex_attention(q, k[:, :2], v[:, :2])
    with pytest.raises(ValueError, match=r"takes \(B, H, L, E\) thrice"):
        flex_attention(q[0], k[0], v[0])
    unseen = create_block_mask(lambda b, h, i, j: j > 9, None, None, 5, 5)
    (gradient,) = tg.autograd.grad(flex_attention(q, k, v, block_mask=unseen).sum(), [q])
    assert not gradient.any()


def test_names_that_transformers_imports():
    import torch
    from torch._dynamo import mark_static_address
    from torch._dynamo._trace_wrapped_higher_order_op import TransformGetItemToIndex

    with TransformGetItemToIndex():
        assert mark_static_address(tg.ones(1)) is None
    assert (torch.float8_e8m0fnu.itemsize, torch.float4_e2m1fn_x2.is_floating_point) == (1, True)
    assert not torch.compiler.is_exporting()


def test_a_transform_may_be_a_module():
    """As Pyro's flows are: made by the first class, with parameters, and reading what the transform keeps."""
    from torch import nn
    from torch.distributions import Normal, Transform, TransformedDistribution, constraints

    class Module(Transform, nn.Module):
        def __init__(self, *args, **settings):
            super().__init__(*args, **settings)

        def __hash__(self):
            return nn.Module.__hash__(self)

    class Scaling(Module):
        domain = codomain = constraints.real
        bijective = True

        def __init__(self):
            super().__init__(cache_size=1)
            self.log_scale = nn.Parameter(tg.ones(()))

        def _call(self, x):
            return x * self.log_scale.exp()

        def _inverse(self, y):
            return y * (-self.log_scale).exp()

        def log_abs_det_jacobian(self, x, y):
            assert self._cached_x_y[1] is y
            return self.log_scale

    scaling = Scaling()
    y = tg.tensor(2.0)
    distribution = TransformedDistribution(Normal(0.0, 1.0), [scaling])
    wanted = Normal(0.0, scaling.log_scale.exp()).log_prob(y)
    np.testing.assert_allclose(distribution.log_prob(y).item(), wanted.item(), rtol=1e-6)
    again = scaling.with_cache(0)
    assert (again._cache_size, scaling._cache_size) == (0, 1)
    assert again.log_scale is scaling.log_scale


def test_names_that_pyro_imports():
    import torch
    from torch._jit_internal import _copy_to_script_wrapper
    from torch.distributions import constraints

    assert isinstance(constraints.corr_cholesky, constraints._CorrCholesky)
    assert torch.jit._script_if_tracing(len) is torch.jit.interface(len) is _copy_to_script_wrapper(len) is len
    x, y = tg.ones(1), tg.ones(1)
    assert x._cdata == x._cdata != y._cdata
