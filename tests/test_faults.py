"""What fails in the middle leaves everything as it was, and is told."""

import copy
import subprocess
import sys

import pytest

import tinygrad_edu as tg
from tinygrad_edu import nn, optim, viz
from tinygrad_edu.train.run import read_config


class FaultError(Exception):
    """What goes wrong in the user's code."""


def fail(*_):
    raise FaultError


def test_a_hook_of_a_leaf_that_fails_leaves_every_gradient_as_it_was():
    leaves = [tg.ones(2, requires_grad=True) for _ in range(3)]
    (leaves[0] * leaves[1] * leaves[2]).sum().backward()
    handle = leaves[1].register_hook(fail)
    with pytest.raises(FaultError):
        (leaves[0] * leaves[1] * leaves[2]).sum().backward()
    assert [leaf.grad.tolist() for leaf in leaves] == [[1, 1]] * 3
    handle.remove()
    (leaves[0] * leaves[1] * leaves[2]).sum().backward()
    assert [leaf.grad.tolist() for leaf in leaves] == [[2, 2]] * 3


def test_a_schedule_whose_function_fails_stays_where_it_was():
    optimizer = optim.SGD([nn.Parameter(tg.ones(1))], lr=1.0)
    rates = {0: 1.0, 1: 0.5, 2: 0.25}
    schedule = optim.lr_scheduler.LambdaLR(optimizer, lambda epoch: rates[epoch])
    optimizer.step()
    schedule.step()
    del rates[2]
    before = {name: copy.deepcopy(value) for name, value in schedule.state_dict().items() if name != "lr_lambdas"}
    with pytest.raises(KeyError):
        schedule.step()
    assert {name: schedule.state_dict()[name] for name in before} == before
    rates[2] = 0.25
    schedule.step()
    assert (schedule.last_epoch, optimizer.param_groups[0]["lr"]) == (2, 0.25)


@pytest.mark.parametrize("key", [1, None, ("weight",)])
def test_keys_of_a_state_dict_are_names(key):
    layer = nn.Linear(2, 2)
    before = layer.weight.tolist()
    with pytest.raises(TypeError, match="keys of a state_dict are names"):
        layer.load_state_dict({**layer.state_dict(), "weight": tg.zeros(2, 2), key: tg.ones(2)})
    assert layer.weight.tolist() == before


def test_a_number_in_the_place_of_an_average_is_told():
    p = nn.Parameter(tg.ones(2))
    optimizer = optim.Adam([p])
    p.grad = tg.ones(2)
    optimizer.step()
    optimizer.state[p]["exp_avg"] = 1
    with pytest.raises(ValueError, match="the state of parameter 0 has 1 as 'exp_avg', where a Tensor belongs"):
        optimizer.step()


def test_lists_too_deep_are_told():
    deep = [1.0]
    for _ in range(5000):
        deep = [deep]
    with pytest.raises(RuntimeError, match=r"^tensor.*too deep") as caught:
        tg.tensor(deep)
    assert not isinstance(caught.value, RecursionError)


def test_a_graph_too_large_for_a_page_is_refused():
    x = y = tg.ones(1, requires_grad=True)
    for _ in range(10_000):
        y = y * x
    with pytest.raises(ValueError, match=r"10,001 operations and leaves, too many to step through"):
        viz.step(y)


def test_what_is_no_text_is_told(tmp_path):
    file = tmp_path / "config.toml"
    file.write_bytes(b"a = \xff")
    with pytest.raises(ValueError, match=r"as TOML: it is no text: byte 4 is 0xff, which utf-8 does not have there$"):
        read_config(file)


@pytest.mark.parametrize(("content", "told"), [(b"\x00\xff", "is not a Python program"), (b"x = (\n", ", line 1")])
def test_a_script_that_is_no_program_is_told_in_one_line(tmp_path, content, told):
    file = tmp_path / "program.py"
    file.write_bytes(content)
    run = subprocess.run([sys.executable, "-m", "tinygrad_edu", "torch", file], capture_output=True, text=True)
    assert run.returncode == 1
    assert len(run.stderr.splitlines()) == 1
    assert run.stderr.startswith("tinygrad_edu: error: ")
    assert told in run.stderr


WRONG = {
    "nn.init": (lambda: nn.init.normal_("a"), TypeError, r"^normal_\('a'\): .*Tensor"),
    "nn.utils": (lambda: nn.utils.weight_norm("a"), TypeError, r"^weight_norm\('a'\): "),
    "autograd": (
        lambda: tg.autograd.vjp("a", tg.ones(2)),
        TypeError,
        r"^vjp\('a', .*a function is needed, and a str came",
    ),
    "func": (lambda: tg.func.functional_call(3, {}), TypeError, r"^functional_call\(3, \{\}"),
    "nn.utils.rnn": (lambda: nn.utils.rnn.pad_sequence("ab"), TypeError, r"^pad_sequence\('ab'\): a Tensor is needed"),
    "nn.utils.prune": (lambda: nn.utils.prune.is_pruned(3), TypeError, r"^is_pruned\(3\): "),
    "nn.utils.parametrize": (
        lambda: nn.utils.parametrize.register_parametrization("a", "b", nn.ReLU()),
        TypeError,
        r"^register_parametrization\('a', 'b', ReLU\(\)\): ",
    ),
    "data": (lambda: tg.data.default_collate([{"a": 1}, {}]), TypeError, r"^default_collate\("),
    "a class": (lambda: tg.special.erf(int), TypeError, r"^erf\(<class 'int'>\): a Tensor is needed somewhere"),
}


@pytest.mark.parametrize("name", WRONG)
def test_functions_of_every_part_are_told(name):
    call, kind, message = WRONG[name]
    with pytest.raises(kind, match=message):
        call()
