"""PyTorch's programs on this engine: what `import torch` finds, what it does not, and the way back."""

import copy
import io
import math
import pickle
import subprocess
import sys

import pytest

import tinygrad_edu as tg
from tinygrad_edu.pytorch import as_torch
from tinygrad_edu.pytorch.paths import PATHS

PROGRAM = """
import sys

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from torch.autograd import Variable
from torch.nn.modules.utils import _pair
from torch.optim.lr_scheduler import StepLR
from torch.utils.data import DataLoader, TensorDataset
import torch.backends.cudnn as cudnn

cudnn.benchmark = True
torch.manual_seed(0)
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")


class Net(nn.Module):
    def __init__(self):
        super(Net, self).__init__()
        self.first, self.second = nn.Linear(4, 16), nn.Linear(16, 2)

    def forward(self, x):
        return F.log_softmax(self.second(F.relu(self.first(x))), dim=1)


model = Net().to(device)
optimizer = optim.SGD(model.parameters(), lr=0.5)
schedule = StepLR(optimizer, 5)
scaler = torch.amp.GradScaler("cpu")
x = torch.randn(128, 4)
y = (x.sum(1) > 0).long()
for epoch in range(8):
    for batch, target in DataLoader(TensorDataset(x, y), batch_size=16, shuffle=True):
        optimizer.zero_grad()
        with torch.autocast(device_type="cpu"):
            loss = F.nll_loss(model(Variable(batch)), target)
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
    schedule.step()
right = (model(x).argmax(1) == y).float().mean().item()
assert right > 0.9, right
assert isinstance(x.dtype, torch.dtype) and _pair(3) == (3, 3)
torch.save(model.state_dict(), sys.argv[2])
model.load_state_dict(torch.load(sys.argv[2], map_location=device))
print(sys.argv[1], torch.__version__)
"""


NOTHING = {"cuda", "hip", "newaxis", "strided"}  # names of what is None


def run(folder, source, *arguments):
    (folder / "program.py").write_text(source)
    command = [sys.executable, "-m", "tinygrad_edu", "torch", str(folder / "program.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def test_a_program_runs_unchanged(tmp_path):
    done = run(tmp_path, PROGRAM, "--rate", tmp_path / "w.pt")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("--rate 2.")
    assert (tmp_path / "w.pt").exists()


@pytest.mark.parametrize(
    ("source", "code", "told"),
    [
        ("import sys; sys.exit(3)", 3, ""),
        ("import sys; sys.exit('enough')", 1, "enough"),
        ("import torch\n1 / 0", 1, "ZeroDivisionError"),
        ("import torch\ntorch.lstsqr", 1, "torch.lstsqr is not in tinygrad_edu"),
        ("import torch.package", 1, "torch.package is not in tinygrad_edu"),
    ],
)
def test_how_a_program_ends(tmp_path, source, code, told):
    done = run(tmp_path, source)
    assert done.returncode == code
    assert told in done.stderr


def test_a_missing_program_is_one_line():
    command = [sys.executable, "-m", "tinygrad_edu", "torch", "no/such.py"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "no/such.py" in done.stderr


def test_it_is_undone():
    before = {name for name in sys.modules if name.partition(".")[0] == "torch"}
    with tg.as_torch() as switched:
        import torch

        assert torch.tensor is tg.tensor
        assert torch.nn.Linear is tg.nn.Linear
        switched.undo()
        switched.undo()
    assert {name for name in sys.modules if name.partition(".")[0] == "torch"} == before
    assert not any(type(finder).__module__ == "tinygrad_edu.pytorch.importing" for finder in sys.meta_path)


def test_every_path_is_there():
    with as_torch():
        for path in PATHS:
            __import__(path)
            for name in dir(sys.modules[path]):
                assert getattr(sys.modules[path], name, None) is not None or name in NOTHING, (
                    path,
                    name,
                )


def test_what_is_not_there_is_told_with_the_nearest():
    with as_torch():
        import torch

        with pytest.raises(
            AttributeError, match=r"torch\.nn\.Linaer is not in tinygrad_edu; the nearest .* torch\.nn\.Linear$"
        ):
            torch.nn.Linaer  # noqa: B018
        with pytest.raises(AttributeError, match=r"there is torch\.nn\.Linear"):
            torch.Linear  # noqa: B018
        with pytest.raises(ModuleNotFoundError, match=r"torch\.optm .*nearest that is: torch\.optim"):
            __import__("torch.optm")
        with pytest.raises(ImportError, match=r"torch\.fooo is not in tinygrad_edu; the nearest .* torch\.floor$"):
            exec("from torch import fooo")
        with pytest.raises(ImportError, match=r"torch\.utils\.bottleneck is not in tinygrad_edu$"):
            exec("from torch.utils.bottleneck import main")
        with pytest.raises(ImportError, match=r"torchvision\.io is not in tinygrad_edu"):
            exec("import torchvision.io")
        assert not hasattr(torch, "viz")
        assert not hasattr(torch, "primitive")
        torch.backends.cudnn.benchmark = True
        assert tg.backends.cudnn.benchmark
    tg.backends.cudnn.benchmark = False


def test_all_names_at_once():
    with as_torch():
        found = {}
        for path in PATHS:
            exec(f"from {path} import *", found)
        assert {"Linear", "DataLoader", "Adam", "StepLR", "xavier_uniform_", "Normal", "zeros", "relu"} <= found.keys()
        assert not {"math", "Any", "_Loss"} & found.keys()


def test_a_function_keeps_its_name_beside_a_module_of_that_name():
    with as_torch():
        import torch
        import torch.autograd.gradcheck
        import torch.utils.checkpoint

        assert torch.autograd.gradcheck is tg.autograd.gradcheck
        assert torch.utils.checkpoint.checkpoint is tg.autograd.checkpoint


def test_what_asks_for_several_devices_or_processes_runs_on_the_one_there_is():
    with as_torch():
        import torch
        import torch.distributed
        from torch.nn.parallel import DistributedDataParallel

        net = torch.nn.Linear(2, 1)
        spread = torch.nn.DataParallel(net, device_ids=[0, 1])
        x = torch.ones(3, 2)
        assert torch.equal(spread(x), net(x))
        assert list(spread.state_dict()) == ["module.weight", "module.bias"]
        assert DistributedDataParallel(net).module is net
        held = spread.state_dict()
        torch.nn.modules.utils.consume_prefix_in_state_dict_if_present(held, "module.")
        assert list(held) == ["weight", "bias"]
        assert list(held._metadata) == [""]
        assert not torch.distributed.is_available()
        assert (torch.distributed.get_rank(), torch.distributed.get_world_size()) == (0, 1)
        for call in (torch.distributed.init_process_group, torch.distributed.barrier):
            with pytest.raises(RuntimeError, match="one process"):
                call()


def test_a_dtype_that_is_not_there_can_be_named():
    with as_torch():
        import torch

        kind = {"float32": torch.float32, "bfloat16": torch.bfloat16}["bfloat16"]
        with torch.autocast("cpu", dtype=kind):
            assert torch.ones(2).dtype == torch.float32
        with pytest.raises(TypeError, match=r"torch\.bfloat16 is not a dtype"):
            torch.ones(2).to(kind)


def test_a_shape_shows_itself_as_pytorchs_and_makes_tensors_of_that_shape():
    x = tg.zeros(2, 3)
    with as_torch():
        import torch

        assert repr(x.shape) == "torch.Size([2, 3])"
        assert torch.Tensor(x.shape).shape == torch.FloatTensor(x.size()).shape == x.new(x.shape).shape == (2, 3)
        assert torch.Tensor((2, 3)).tolist() == x.new([2, 3]).tolist() == [2, 3]
        assert x.long().new([1]).dtype == torch.int64
        assert x[0].shape.numel() == 3
    assert type(x.shape) is tuple


def test_the_older_name_of_schedules():
    with as_torch():
        from torch.optim.lr_scheduler import LRScheduler, _LRScheduler

        assert _LRScheduler is LRScheduler


def test_what_programs_ask_of_layers_and_their_initial_values():
    with as_torch():
        from torch import nn
        from torch.nn import init
        from torch.nn.modules.batchnorm import _BatchNorm
        from torch.nn.modules.conv import _ConvNd
        from torch.nn.modules.transformer import _get_clones

        net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Linear(2, 2))
        assert [isinstance(m, _ConvNd) for m in net] == [True, False, False]
        assert [isinstance(m, _BatchNorm) for m in net] == [False, True, False]
        first, second = _get_clones(net[2], 2)
        assert first.weight is not second.weight
        assert init._calculate_fan_in_and_fan_out(net[0].weight) == (9, 18)
        assert init._calculate_correct_fan(net[0].weight, "FAN_OUT") == 18
        assert net.share_memory() is net
        assert net.compile() is None


def test_functions_are_pickled_by_their_names_in_pytorch():
    with as_torch():
        import torch
        from torch.nn import functional as F

        named = [torch.relu, torch.clip, torch.linalg.norm, F.gelu, F.cross_entropy, F.max_pool2d_with_indices]
        assert [pickle.loads(pickle.dumps(function)) for function in named] == named
        layer = torch.nn.TransformerEncoderLayer(4, 2, 8, activation=F.gelu)
        assert pickle.loads(pickle.dumps(layer)).activation is F.gelu


def test_layers_without_initial_values():
    with as_torch():
        import torch
        from torch.nn.utils import skip_init

        torch.manual_seed(0)
        assert skip_init(torch.nn.Linear, 3, 2, dtype=torch.float64).weight.dtype == torch.float64
        drawn = torch.rand(1)
        torch.manual_seed(0)
        assert torch.equal(torch.rand(1), drawn)
        for made, told in ((torch.nn.ReLU, "but ReLU takes none"), (len, "takes a class of modules, got <built-in")):
            with pytest.raises(RuntimeError, match=told):
                skip_init(made)


def test_what_programs_ask_of_devices_that_are_not_there():
    with as_torch():
        import torch
        import torch.multiprocessing
        from torch.nn.attention import SDPBackend, sdpa_kernel
        from torch.utils.data.distributed import DistributedSampler

        assert not any([torch.cuda.is_initialized(), torch.xpu.is_available(), torch.mps.is_available()])
        torch.cuda.reset_peak_memory_stats()
        torch.cuda.ipc_collect()
        torch.cuda.set_rng_state_all(torch.cuda.get_rng_state_all())
        assert torch.cuda.max_memory_reserved() == torch.cuda.memory_reserved() == 0
        assert issubclass(torch.cuda.OutOfMemoryError, RuntimeError)
        assert torch.version.cuda is None
        assert callable(torch.multiprocessing.Queue)
        torch.set_num_interop_threads(1)
        assert torch.get_num_interop_threads() == 1
        q = torch.ones(1, 1, 2, 2)
        with sdpa_kernel([SDPBackend.MATH, SDPBackend.FLASH_ATTENTION]):
            assert torch.nn.functional.scaled_dot_product_attention(q, q, q).tolist() == q.tolist()
        with pytest.raises(RuntimeError, match="one process"):
            DistributedSampler([1, 2])


def test_tensors_that_change_places():
    with as_torch():
        import torch
        from torch.utils import swap_tensors

        x, y = torch.ones(2, requires_grad=True), torch.zeros(3, dtype=torch.float64)
        x.grad, y.name, parameter = torch.ones(2), "y", torch.nn.Parameter(torch.ones(1))
        swap_tensors(x, y)
        assert (x.tolist(), x.dtype, x.requires_grad, x.grad, x.name) == ([0] * 3, torch.float64, False, None, "y")
        (y * 2).sum().backward()
        assert y.grad.tolist() == [3, 3]
        swap_tensors(x, parameter)
        assert (type(x), type(parameter), x.tolist()) == (torch.nn.Parameter, torch.Tensor, [1])
        with pytest.raises(RuntimeError, match="view"):
            swap_tensors(x, torch.ones(2)[:1])
        with pytest.raises(TypeError, match="two Tensors, got int"):
            swap_tensors(x, 3)


def test_the_state_of_random_numbers_is_a_tensor_that_is_saved_and_read():
    with as_torch():
        import torch

        torch.randint(5, (1,))  # half of a number is left for the next
        file, state = io.BytesIO(), torch.get_rng_state()
        assert (state.dtype, state.equal(state.clone().cpu())) == (torch.uint8, True)
        torch.save({"rng": state, "shape": torch.ones(2, 3).shape}, file)
        file.seek(0)
        drawn = [torch.randint(5, (3,)), torch.rand(2), torch.randn(3)]
        loaded = torch.load(file)
        torch.random.set_rng_state(loaded["rng"].cpu())
        assert [x.equal(y) for x, y in zip([torch.randint(5, (3,)), torch.rand(2), torch.randn(3)], drawn, strict=True)]
        assert loaded["shape"].numel() == 6
        generator = torch.Generator().set_state(loaded["rng"])
        assert torch.randint(5, (3,), generator=generator).equal(drawn[0])
        with pytest.raises(RuntimeError, match=r"37 bytes, got .*5056.*cannot be followed"):
            torch.set_rng_state(torch.zeros(5056, dtype=torch.uint8))


def test_random_numbers_set_aside():
    with as_torch():
        import torch

        torch.manual_seed(1)
        before = torch.get_rng_state()
        with torch.random.fork_rng():
            torch.manual_seed(5)
        assert torch.get_rng_state().equal(before)
        with torch.random.fork_rng(enabled=False):
            torch.rand(3)
        assert not torch.get_rng_state().equal(before)


def test_tensors_held_to_each_other():
    with as_torch():
        import torch
        from torch.testing import assert_close

        x = torch.tensor([1.0, float("nan")])
        assert_close({"a": [torch.ones(2), 1.0]}, {"a": [torch.ones(2) + 1e-7, 1.0 + 1e-9]})
        assert_close(x, x, equal_nan=True)
        assert_close(torch.ones(1), torch.ones(1, dtype=torch.float64), check_dtype=False)
        for other in (torch.zeros(2), torch.ones(3), torch.ones(2, dtype=torch.float64), [1.0]):
            with pytest.raises(AssertionError, match="differ"):
                assert_close(torch.ones(2), other)
        with pytest.raises(AssertionError, match="keys"):
            assert_close({"a": 1}, {"b": 1})
        with pytest.raises(AssertionError, match="told: 2 of 2"):
            assert_close(torch.ones(2), torch.zeros(2), msg=lambda told: f"told: {told}")
        with pytest.raises(AssertionError, match="nan"):
            assert_close(x, x)


def test_compilers_that_give_back_what_they_had():
    with as_torch():
        import torch

        class Net(torch.jit.ScriptModule):
            size: torch.jit.Final[int] = 2

            @torch.jit.script_method
            def forward(self, x):
                return torch.jit.annotate(torch.Tensor, x * self.size)

        assert torch.jit.script(Net())(torch.ones(1)).tolist() == [2]
        assert isinstance(Net(), torch.jit.ScriptModule)
        assert not isinstance(torch.nn.ReLU(), torch.jit.ScriptModule)


def old_forms(torch):
    """Calls as programs of before 2020 write them, and what each gives."""
    x, y, z, m = torch.ones(2), torch.full((2,), 3.0), torch.full((2,), 2.0), torch.full((2, 2), 2.0)
    return {
        "add": torch.add(x, 0.5, y),
        "add_": x.clone().add_(0.5, y),
        "sub": x.sub(0.5, y),
        "addcmul_": x.clone().addcmul_(0.5, y, z),
        "addcdiv": torch.addcdiv(x, -0.5, y, z),
        "addmm, two numbers": torch.addmm(0.5, m, 3.0, m, m),
        "addmm, one number": torch.addmm(0.5, m, m, m),
        "addmm_": m.clone().addmm_(0.5, 3.0, m, m),
        "addmv": x.addmv(0.5, m, y),
        "addr": torch.addr(0.5, m, 2, y, z),
        "addbmm": torch.addbmm(m, m[None], m[None]),
        "baddbmm": m[None].baddbmm(0.5, 2.0, m[None], m[None]),
    }


def test_numbers_before_the_tensors():
    with as_torch():
        import torch

        with pytest.warns(UserWarning, match="takes its numbers by name"):
            found = {name: value.tolist() for name, value in old_forms(torch).items()}
        with pytest.raises(TypeError):
            torch.add(1, 2, 3)
        with pytest.raises(TypeError):
            torch.ones(2).add_(0.5, torch.ones(2), 3)
    assert found == {
        "add": [2.5, 2.5],
        "add_": [2.5, 2.5],
        "sub": [-0.5, -0.5],
        "addcmul_": [4.0, 4.0],
        "addcdiv": [0.25, 0.25],
        "addmm, two numbers": [[25.0, 25.0], [25.0, 25.0]],
        "addmm, one number": [[9.0, 9.0], [9.0, 9.0]],
        "addmm_": [[25.0, 25.0], [25.0, 25.0]],
        "addmv": [12.5, 12.5],
        "addr": [[13.0, 13.0], [13.0, 13.0]],
        "addbmm": [[10.0, 10.0], [10.0, 10.0]],
        "baddbmm": [[[17.0, 17.0], [17.0, 17.0]]],
    }
    with pytest.raises(TypeError):
        tg.ones(2).add_(0.5, tg.ones(2))


def test_results_are_put_where_they_are_wanted():
    with as_torch():
        import torch

        into, empty = torch.zeros(2), torch.empty(0)
        assert torch.add(torch.ones(2), 1, out=into) is into
        assert torch.nn.functional.normalize(torch.ones(4), dim=0, out=None).tolist() == [0.5] * 4
        torch.stack([torch.ones(2), torch.zeros(2)], out=empty)
        values, indices = torch.empty(0), torch.empty(0, dtype=torch.int64)
        torch.max(torch.tensor([[1.0, 3.0]]), dim=1, out=(values, indices))
        assert into.tolist() == [2, 2]
        assert empty.tolist() == [[1, 1], [0, 0]]
        assert (values.tolist(), indices.tolist()) == ([3.0], [1])
        with pytest.raises(RuntimeError, match="has no gradient"):
            torch.add(torch.ones(2, requires_grad=True), 1, out=into)
        factors = (torch.empty(0), torch.empty(0))
        found = torch.linalg.qr(torch.eye(2), out=factors)
        assert found.Q is factors[0]
        assert found.R is factors[1]
        assert torch.sin_(into) is into
        assert torch.sum(torch.full((1, 2), 1.5), 0, out=torch.empty(0, dtype=torch.int64)).tolist() == [1, 1]
        with pytest.raises(RuntimeError, match="is not written"):
            torch.neg(torch.ones(2), out=torch.empty(2, dtype=torch.float64))
        assert torch.special.expm1(torch.zeros(2), out=into) is into
        assert into.tolist() == [0, 0]
        assert torch.nn.functional.softshrink(torch.ones(2), out=into) is into
        assert into.tolist() == [0.5, 0.5]
        with pytest.raises(RuntimeError, match="is not written to an out="):
            torch.linalg.inv(torch.eye(2), out=torch.empty(0, dtype=torch.int64))
        with pytest.raises(RuntimeError, match=r"of torch\.float32 is not written"):
            torch.sum(torch.ones(2), 0, dtype=torch.float32, out=torch.empty(0, dtype=torch.float64))
        with pytest.warns(UserWarning, match=r"shape \(2,\) was resized to \(1, 3\)"):
            torch.outer(torch.ones(1), torch.ones(3), out=into)
        assert into.tolist() == [[1, 1, 1]]
        with pytest.raises(TypeError):
            torch.add(torch.ones(2), "one", out=into)


def old_reductions(torch):
    """Losses as programs of before 2018 ask for them, and what each gives."""
    nn, F = torch.nn, torch.nn.functional
    x, y = torch.tensor([1.0, 2.0]), torch.tensor([2.0, 4.0])
    return [
        nn.MSELoss(size_average=False)(x, y).item(),
        F.mse_loss(x, y, size_average=True).item(),
        nn.MSELoss(reduce=False)(x, y).tolist(),
        F.l1_loss(x, y, reduce=False, size_average=False).tolist(),
        nn.CrossEntropyLoss(size_average=False, ignore_index=1).reduction,
        nn.SmoothL1Loss(size_average=None, reduce=None).reduction,
    ]


def test_how_losses_were_reduced():
    with as_torch():
        import torch

        with pytest.warns(UserWarning, match="reduction="):
            found = old_reductions(torch)
        with pytest.raises(TypeError):
            torch.nn.MSELoss(size=False)
        with pytest.raises(TypeError):
            torch.nn.functional.mse_loss(torch.ones(2), torch.ones(2), size=False)
    assert found == [5, 2.5, [1, 4], [1, 2], "sum", "mean"]
    with pytest.raises(TypeError):
        tg.nn.MSELoss(size_average=False)


def test_losses_of_a_notebook_are_left_alone():
    base = tg.nn.MSELoss.__mro__[1]
    own = type("Own", (base,), {"__module__": "cell_3", "__init__": lambda self: base.__init__(self, "sum")})
    with as_torch():
        assert own().reduction == "sum"


def test_dtypes_know_what_pytorchs_know():
    with as_torch():
        import torch

        x = torch.zeros(2, dtype=torch.float16)
        assert f"{x.dtype} {torch.long}" == "torch.float16 torch.int64"
        assert x.dtype is torch.half
        assert x.dtype == tg.float16
        assert [k.is_floating_point for k in (torch.double, torch.int, torch.bool, torch.bfloat16)] == [1, 0, 0, 1]
        assert [k.is_signed for k in (torch.float, torch.int8, torch.uint8)] == [True, True, False]
        assert not x.dtype.is_complex
        assert copy.deepcopy({"kind": x.dtype})["kind"] is torch.float16
        assert torch.nn.Linear(2, 2).to(torch.float64).weight.dtype is torch.double
        assert {torch.float16: 1}[x.dtype] == 1
        assert torch.get_default_dtype() is torch.float32
        assert repr(torch.ones(1).double()) == "tensor([1.], dtype=torch.float64)"
        with pytest.raises(RuntimeError, match="bool"):
            torch.tensor([True]) - torch.tensor([False])
        file = io.BytesIO()
        torch.save({"kind": x.dtype, "more": torch.zeros(1, dtype=torch.uint8)}, file)
        file.seek(0)
        assert torch.load(file)["kind"] == torch.float16
    assert type(tg.zeros(2).dtype) is type(tg.float32)


def test_sparse_matrices_are_dense():
    with as_torch():
        import torch

        places, values = torch.tensor([[0, 1, 1], [2, 0, 0]]), torch.tensor([3.0, 4.0, 5.0], requires_grad=True)
        for make in (torch.sparse_coo_tensor, torch.sparse.FloatTensor):
            x = make(places, values, torch.Size([2, 3]))
            assert x.tolist() == x.to_dense().tolist() == [[0, 0, 3], [9, 0, 0]]
        assert torch.sparse_coo_tensor(places, [1, 2, 3]).shape == (2, 3)
        assert x.coalesce().indices().tolist() == [[0, 1], [2, 0]]
        assert (x._values().tolist(), x._nnz()) == ([3, 9], 2)
        y = torch.spmm(x, torch.ones(3, 1))
        assert torch.equal(y, torch.sparse.mm(x, torch.ones(3, 1)))
        assert torch.equal(y, torch.dsmm(x, torch.ones(3, 1)))
        (y * torch.tensor([[1.0], [2.0]])).sum().backward()
        assert values.grad.tolist() == [1, 2, 2]
        assert torch.sparse.DoubleTensor(places, [1.0, 1.0, 1.0], (2, 3)).dtype == torch.double
    assert not hasattr(tg.Tensor, "coalesce")


def test_one_operation_on_each_tensor_of_a_list():
    with as_torch():
        import torch

        x, y = [torch.ones(2), torch.ones(1) * 2], [torch.ones(2) * 3, torch.ones(1) * 4]
        torch._foreach_mul_(x, 2)
        torch._foreach_add_(x, y, alpha=0.5)
        assert [t.tolist() for t in x] == [[3.5, 3.5], [6]]
        torch._foreach_addcdiv_(x, y, y, -1.0)
        torch._foreach_lerp_(x, y, 0.5)
        assert [t.tolist() for t in x] == [[2.75, 2.75], [4.5]]
        torch._foreach_addcmul_(x, y, y, [1.0, 2.0])
        assert torch._foreach_sqrt(x)[1].item() == pytest.approx(36.5**0.5)
        torch._foreach_copy_(x, y)
        assert [t.item() for t in torch._foreach_norm(x)] == [pytest.approx(18**0.5), 4]
        with pytest.raises(AttributeError, match="_foreach_sing_"):
            torch._foreach_sing_(x)


def test_structures_with_another_leaf_for_each():
    with as_torch():
        from torch.utils._pytree import tree_flatten, tree_map, tree_map_only, tree_unflatten

        tree = {"a": [1, (2, "x")], "b": 3}
        leaves, form = tree_flatten(tree)
        assert leaves == [1, 2, "x", 3]
        assert tree_unflatten([4, 5, 6, 7], form) == {"a": [4, (5, 6)], "b": 7}
        assert tree_map(lambda x, y: (x, y), [1, [2]], [3, [4]]) == [(1, 3), [(2, 4)]]
        assert tree_map_only(int, lambda x: -x, tree) == {"a": [-1, (-2, "x")], "b": -3}


def test_weights_asked_for_by_an_address_are_read_from_a_file(tmp_path):
    with as_torch():
        import torch
        from torch.hub import load_state_dict_from_url
        from torch.utils import model_zoo

        address = "https://example.org/net-1234.pth"
        with pytest.raises(FileNotFoundError, match=r"nothing is downloaded here: put the file from https.*there"):
            load_state_dict_from_url(address, tmp_path, progress=True)
        before = torch.hub.get_dir()
        torch.hub.set_dir(tmp_path)
        (tmp_path / "checkpoints").mkdir()
        torch.save({"w": torch.ones(1)}, tmp_path / "checkpoints" / "net-1234.pth")
        assert model_zoo.load_url(address, map_location="cpu")["w"].item() == 1
        torch.hub.set_dir(before)


def test_a_profile_is_pythons():
    with as_torch():
        import torch
        from torch.profiler import ProfilerActivity, profile, record_function, schedule

        with profile(activities=[ProfilerActivity.CPU], schedule=schedule(wait=1, warmup=1, active=1)) as measured:
            with record_function("forward"), torch.autograd.profiler.record_function("inner"):
                torch.nn.Linear(2, 2)(torch.ones(1, 2))
            measured.step()
        assert "linear" in measured.key_averages().table(sort_by="cpu_time_total", row_limit=50)


def test_names_that_programs_import_or_ask_for():
    with as_torch():
        import torch
        import torch._dynamo
        import torch._inductor.config
        from torch import nn
        from torch.nn.modules.conv import _ConvTransposeNd
        from torch.nn.modules.dropout import _DropoutNd
        from torch.nn.modules.pooling import _MaxPoolNd
        from torch.optim.optimizer import ParamsT, required
        from torch.utils.hooks import RemovableHandle

        assert repr(required) == "<required parameter>"
        assert ParamsT is not None
        torch._dynamo.config.suppress_errors = True
        torch._inductor.config.coordinate_descent_tuning = True
        torch._dynamo.reset()
        assert not torch.compiler.is_compiling()
        assert torch.compiler.disable(len) is torch._dynamo.disable()(len) is len
        net = nn.Sequential(nn.ConvTranspose2d(1, 1, 2), nn.MaxPool2d(2), nn.Dropout())
        kinds = (_ConvTransposeNd, _MaxPoolNd, _DropoutNd)
        assert all(isinstance(*pair) for pair in zip(net, kinds, strict=True))
        assert isinstance(net.register_forward_hook(print), RemovableHandle)
        norm = nn.SyncBatchNorm(2)
        assert isinstance(norm, nn.modules.batchnorm._BatchNorm)
        assert nn.SyncBatchNorm.convert_sync_batchnorm(net) is net
        x = torch.randn(3, 2, 4)
        assert torch.allclose(norm(x), nn.BatchNorm1d(2)(x))
        assert list(norm.state_dict()) == list(nn.BatchNorm2d(2).state_dict())
        with pytest.warns(FutureWarning, match="deprecated in favor of nn.init.xavier_uniform_"):
            nn.init.xavier_uniform(torch.empty(2, 2))
        torch.backends.cuda.enable_flash_sdp(False)
        with torch.backends.cudnn.flags(enabled=False):
            y = torch.range(1, 7, 2)
        assert (y.tolist(), torch.range(0, 2).tolist()) == ([1, 3, 5, 7], [0, 1, 2])
        assert torch.sigmoid_(torch.zeros(1)).item() == 0.5
        assert torch.detach(net[0].weight).requires_grad is False
        assert not torch.is_complex(x)
        assert x.real is x.conj() is torch.real(x) is x
        assert x[0].mH.shape == x[0].H.shape == x[0].adjoint().shape == (4, 2)
        assert not torch.is_anomaly_enabled()
        torch._assert(True, "holds")
        with pytest.raises(AssertionError, match="sizes"):
            torch._assert(False, "sizes")
        with pytest.raises(RuntimeError, match="one process"):
            torch.distributed.all_reduce(x, op=torch.distributed.ReduceOp.SUM)


SPAWNING = """
import multiprocessing

import torch
from torch.utils.data import DataLoader, Dataset


class Squares(Dataset):
    def __len__(self):
        return 5

    def __getitem__(self, i):
        return torch.tensor(i) ** 2


if __name__ == "__main__":
    multiprocessing.set_start_method("spawn")
    print([x.tolist() for x in DataLoader(Squares(), batch_size=3, num_workers=1)])
"""


def test_processes_that_a_program_spawns_find_this_engine_too(tmp_path):
    done = run(tmp_path, SPAWNING)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "[[0, 1, 4], [9, 16]]\n"


def test_powers_fall_as_in_pytorch_and_rise_in_linalg():
    with as_torch():
        import torch

        assert torch.vander(torch.tensor([1.0, 2.0, 3.0])).tolist() == [[1, 1, 1], [4, 2, 1], [9, 3, 1]]
        assert torch.vander(torch.tensor([2, 3]), 3, increasing=True).tolist() == [[1, 2, 4], [1, 3, 9]]
        assert torch.vander(torch.tensor([2.0]), 0).shape == (1, 0)
        with pytest.raises(RuntimeError, match="a vector"):
            torch.vander(torch.ones(2, 2))


def test_what_was_made_in_inference_mode_is_told():
    with as_torch():
        import torch

        with torch.inference_mode():
            x = torch.ones(1)
        assert torch.is_inference(x)
        assert not torch.is_inference(torch.ones(1))


def test_dtypes_that_meet_are_pytorchs():
    with as_torch():
        import torch

        assert torch.promote_types(torch.uint8, torch.int8) is torch.int16
        assert str(torch.result_type(torch.ones(2), 1)) == "torch.float32"
        assert torch.zeros(2, dtype=float).dtype is torch.float64


def test_functions_with_pytorchs_longer_names():
    with as_torch():
        import torch
        import torch.nn.functional as F

        x = torch.randn(2, 3, 8)
        assert torch.equal(F.max_pool1d_with_indices(x, 2)[1], F.max_pool1d(x, 2, return_indices=True)[1])
        assert torch.equal(F.adaptive_max_pool1d_with_indices(x, 3)[0], F.adaptive_max_pool1d(x, 3))
        w, b = torch.randn(3, 3, 5), torch.randn(5)
        wanted = F.conv1d(x, w.permute(2, 1, 0), b, padding=1)
        assert torch.equal(F.conv_tbc(x.permute(2, 0, 1), w, b, 1).permute(1, 2, 0), wanted)


def test_causal_masks_of_attention():
    with as_torch():
        import torch
        from torch.nn.attention.bias import causal_lower_right, causal_upper_left

        assert causal_upper_left(2, 3).tolist() == [[True, False, False], [True, True, False]]
        assert causal_lower_right(2, 3).tolist() == [[True, True, False], [True, True, True]]
        x = torch.randn(3, 4)
        attend = torch.nn.functional.scaled_dot_product_attention
        assert torch.allclose(attend(x, x, x, attn_mask=causal_upper_left(3, 3)), attend(x, x, x, is_causal=True))


def test_programs_find_distributions_by_their_files():
    with as_torch():
        from torch.distributions.constraint_registry import transform_to
        from torch.distributions.multinomial import Multinomial
        from torch.distributions.pareto import Pareto
        from torch.distributions.wishart import Wishart

        assert transform_to(Pareto.arg_constraints["scale"]) is not None
        assert Multinomial is tg.distributions.Multinomial
        assert Wishart is tg.distributions.Wishart


@pytest.mark.parametrize(("name", "gates"), [("gru", 3), ("lstm", 4), ("rnn_relu", 1), ("rnn_tanh", 1)])
def test_steps_of_recurrent_networks_by_their_weights(name, gates):
    with as_torch():
        import torch

        settings = {"nonlinearity": name.removeprefix("rnn_")} if gates == 1 else {}
        cell = {1: torch.nn.RNNCell, 3: torch.nn.GRUCell, 4: torch.nn.LSTMCell}[gates](3, 2, **settings)
        step, x, h = getattr(torch, f"{name}_cell"), torch.randn(4, 3), torch.randn(4, 2)
        state = (h, h + 1) if gates == 4 else h
        after, expected = step(x, state, *cell.parameters()), cell(x, state)
        assert [y.tolist() for y in after] == [y.tolist() for y in expected]
        weights = [cell.weight_ih, cell.weight_hh]
        after = step(x, state, *weights, cell.bias_ih)
        with torch.no_grad():
            cell.bias_hh.zero_()
        assert [y.tolist() for y in after] == [y.tolist() for y in cell(x, state)]
        with pytest.raises(RuntimeError, match=f"weight_ih is {gates} . 2 rows"):
            step(x, state, torch.ones(gates * 2 + 1, 3), weights[1])
        with pytest.raises(RuntimeError, match=f"weight_hh is {gates} . 2 rows"):
            step(x, state, weights[0], torch.ones(gates * 2 + 1, 2))
        with pytest.raises(RuntimeError, match=r"takes \(B, 3\) and states \(B, 2\)"):
            step(x[:3], state, *weights)


def test_a_gradient_is_put_in_a_leaf_by_its_private_name():
    with as_torch():
        import torch

        layer = torch.nn.Linear(2, 1)
        for parameter in layer.parameters():
            parameter._grad = torch.full_like(parameter, 3.0)
        assert torch.nn.utils.clip_grad_norm_(layer.parameters(), 1.0, math.inf) == 3
        assert layer.weight.grad is layer.weight._grad
        assert layer.weight.grad.flatten().tolist() == pytest.approx([1, 1])
        assert (layer.weight * 2)._grad is None
        with pytest.raises(RuntimeError, match="a gradient for"):
            layer.bias._grad = torch.ones(2)


def test_out_decides_the_dtype_of_what_is_made():
    with as_torch():
        import torch

        assert torch.eye(2, out=torch.empty(0, dtype=torch.bool)).tolist() == [[True, False], [False, True]]
        assert torch.full((2,), 1.0, out=torch.empty(2, dtype=torch.int64)).tolist() == [1, 1]
        x = torch.zeros(2, 3)
        assert torch.arange(4, out=x.narrow(1, 1, 2)).shape == (2, 2)
        assert x.tolist() == [[0, 0, 1], [0, 2, 3]]
        with pytest.raises(RuntimeError, match="not written to an out="):
            torch.full((2,), 1.0, dtype=torch.float32, out=torch.empty(2, dtype=torch.int64))


def test_vander_and_range_of_all_kinds():
    with as_torch():
        import torch

        found = torch.vander(torch.tensor([True, False]))
        assert (found.dtype, found.tolist()) == (torch.int64, [[1, 1], [0, 1]])
        assert torch.vander(torch.tensor([2, 3], dtype=torch.int32), 3, True).dtype == torch.int64
        assert torch.vander(torch.tensor([0.5, 2.0]).half(), 3).tolist() == [[0.25, 0.5, 1.0], [4.0, 2.0, 1.0]]
        for start, end, step in ((0, 1, 0), (0, -1, 1)):
            with pytest.raises(RuntimeError, match="cannot be walked"):
                torch.range(start, end, step)


def test_batch_norms_of_an_ensemble_keep_no_statistics():
    with as_torch():
        import torch

        net = torch.nn.Sequential(torch.nn.BatchNorm1d(2), torch.nn.InstanceNorm1d(3, track_running_stats=True))
        x = torch.arange(24.0).reshape(2, 4, 3, 1)[:, :, :2, 0]
        with pytest.raises(RuntimeError, match="all examples share"):
            torch.vmap(net[0])(x)
        assert torch.func.replace_all_batch_norm_modules_(net) is net
        assert (net[0].running_mean, net[1].running_mean is None) == (None, False)
        assert torch.allclose(torch.vmap(net[0])(x)[1], net[0](x[1]))


def test_a_block_for_threads_and_a_function_of_older_programs():
    with as_torch():
        import torch

        class Twice(torch.autograd.function.InplaceFunction):
            @staticmethod
            def forward(ctx, x):
                return x * 2

            @staticmethod
            def backward(ctx, g):
                return g * 2

        x = torch.ones(2, requires_grad=True)
        with torch.autograd.set_multithreading_enabled(False):
            Twice.apply(x).sum().backward()
        assert x.grad.tolist() == [2, 2]


def test_dual_tensors_go_through_the_jvp_of_a_function():
    with as_torch():
        import torch
        import torch.autograd.forward_ad as forward_ad

        class Cube(torch.autograd.Function):
            @staticmethod
            def forward(x):
                return x**3

            @staticmethod
            def setup_context(ctx, inputs, output):
                ctx.save_for_forward(*inputs)

            @staticmethod
            def jvp(ctx, tangent):
                (x,) = ctx.saved_tensors
                return 3 * x**2 * tangent

        with forward_ad.dual_level():
            x = forward_ad.make_dual(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 10.0]))
            assert forward_ad.unpack_dual(Cube.apply(x)).tangent.tolist() == [3, 120]
