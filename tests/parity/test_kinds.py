"""Which dtypes a function takes: where PyTorch refuses one, so do we, by RuntimeError; elsewhere the results agree."""

import pytest
import torch

import tinygrad_edu as tg

DTYPES = ["float64", "float32", "int64", "int32", "int8", "uint8", "bool"]

# of m, one of the two libraries, and t, which makes a Tensor of this shape and the dtype
CALLS = """
m.abs(t(3))
m.floor(t(3)), m.ceil(t(3)), m.trunc(t(3)), m.round(t(3))
m.floor(t(3))
m.round(t(3), decimals=1)
m.clamp(t(3), 0, 1)
m.clamp(t(3), min=t(3))
m.relu(t(3))
t(3) - t(3)
t(3) - 1
1 - t(3)
t(3) - True
-t(3)
t(3) ** t(3)
t(3) ** 2
t(3) // t(3)
t(3) // 2
t(3) % t(3)
m.fmod(t(3), t(3))
m.fmod(t(3), 2)
m.div(t(3), t(3))
m.div(t(3), t(3), rounding_mode="floor")
m.bitwise_left_shift(t(3), t(3))
m.bitwise_and(t(3), t(3))
m.logaddexp(t(3), t(3))
m.logaddexp2(t(3), t(3))
m.hypot(t(3), t(3))
m.nextafter(t(3), t(3))
m.atan2(t(3), t(3))
m.addcmul(t(3), t(3), t(3))
m.addcdiv(t(3), t(3), t(3))
m.lerp(t(3), t(3), 0.5)
m.dot(t(3), t(3))
m.mv(t(2, 3), t(3))
m.mm(t(2, 3), t(3, 2))
m.bmm(t(1, 2, 3), t(1, 3, 2))
m.addmm(t(2, 2), t(2, 3), t(3, 2))
m.nn.functional.linear(t(2, 3), t(2, 3), t(2))
m.einsum("i->", t(3))
m.einsum("ij,jk->ik", t(2, 3), t(3, 2))
m.sum(t(3)), m.prod(t(3)), m.cumsum(t(3), 0)
m.mean(t(3))
m.std(t(3))
m.argmax(t(3))
m.argmin(t(2, 3), 1)
m.amax(t(3))
m.median(t(3))
m.median(t(2, 3), 1)
m.nanmedian(t(3))
m.kthvalue(t(3), 1)
m.topk(t(3), 1)
m.sort(t(3)).values
m.mode(t(3)).values
m.trace(t(3, 3))
m.softmax(t(3), 0)
m.log_softmax(t(3), 0)
m.softmax(t(3), 0, dtype=m.float32)
m.logsumexp(t(3), 0)
m.logcumsumexp(t(3), 0)
m.mvlgamma(t(3) + 5, 2)
m.isin(t(3), t(2))
m.searchsorted(t(3), t(2))
m.bucketize(t(2), t(3))
m.scatter_reduce(t(3), 0, m.tensor([0, 1, 2]), t(3), "mean")
m.index_reduce(t(3), 0, m.tensor([0, 1, 2]), t(3), "mean")
m.nn.functional.cross_entropy(t(2, 3), m.tensor([0, 1]))
m.nn.functional.nll_loss(t(2, 3), m.tensor([0, 1]))
m.nn.functional.mse_loss(t(3), t(3))
m.nn.functional.l1_loss(t(3), t(3))
m.nn.functional.smooth_l1_loss(t(3), t(3))
m.nn.functional.huber_loss(t(3), t(3))
m.nn.functional.binary_cross_entropy(t(3), t(3))
m.nn.functional.kl_div(t(3), t(3), reduction="sum")
m.nn.functional.multi_margin_loss(t(2, 3), m.tensor([0, 1]))
m.nn.functional.multilabel_margin_loss(t(2, 3), m.tensor([[0, 1, -1], [1, -1, -1]]))
m.nn.functional.softmin(t(3), 0)
m.nn.functional.softsign(t(3))
m.nn.functional.gelu(t(3))
m.nn.functional.silu(t(3))
m.nn.functional.leaky_relu(t(3))
m.nn.functional.max_pool1d(t(1, 2, 4), 2)
m.nn.functional.max_pool2d(t(1, 2, 4, 4), 2)
m.nn.functional.avg_pool1d(t(1, 2, 4), 2)
m.nn.functional.avg_pool2d(t(1, 2, 4, 4), 2)
m.nn.functional.adaptive_avg_pool1d(t(1, 2, 4), 3)
m.nn.functional.adaptive_avg_pool2d(t(1, 2, 4, 4), 3)
m.nn.functional.adaptive_max_pool2d(t(1, 2, 4, 4), 3)
m.nn.functional.max_unpool2d(t(1, 1, 1, 1), m.zeros(1, 1, 1, 1).long(), 2)
m.nn.functional.conv1d(t(1, 2, 4), t(2, 2, 2))
m.nn.functional.conv_transpose1d(t(1, 2, 4), t(2, 2, 2))
m.nn.functional.unfold(t(1, 2, 4, 4), 2)
m.nn.functional.pad(t(1, 2, 4), (1, 1), mode="reflect")
m.nn.functional.pad(t(1, 2, 4), (1, 1), mode="replicate")
m.nn.functional.pad(t(1, 2, 4), (1, 1), mode="circular")
m.nn.functional.interpolate(t(1, 2, 4), 3)
m.nn.functional.interpolate(t(1, 2, 4), 3, mode="linear")
m.nn.functional.interpolate(t(1, 2, 4, 4), 3, mode="bilinear")
m.nn.functional.interpolate(t(1, 2, 4, 4), 3, mode="area")
m.nn.functional.layer_norm(t(2, 3), (3,))
"""
ROWS = [row for row in CALLS.split("\n") if row]


def flattened(result):
    return list(result) if isinstance(result, tuple) else [result]


def ran(module, row, dtype):
    """The dtypes of the results, or the error."""

    def made(*sizes):
        return module.ones(*sizes).to(getattr(module, dtype))

    try:
        results = flattened(eval(row, {"m": module, "t": made}))
    except RuntimeError as error:
        return error
    return [str(x.dtype).removeprefix("torch.") for x in results]


@pytest.mark.filterwarnings("ignore:index_reduce")
@pytest.mark.parametrize("row", ROWS)
def test_dtypes_are_taken_and_refused_alike(row):
    for dtype in DTYPES:
        theirs, ours = ran(torch, row, dtype), ran(tg, row, dtype)
        if isinstance(theirs, RuntimeError):
            assert isinstance(ours, RuntimeError), f"{dtype}: {ours}, theirs {theirs}"
        else:
            assert ours == theirs, dtype


def test_a_refusal_says_what_to_do():
    with pytest.raises(RuntimeError, match=r"softmax is not implemented for int64 .*; convert it with \.float\(\)"):
        tg.softmax(tg.arange(3), 0)
    with pytest.raises(RuntimeError, match=r"- is not for bools; ~x negates a mask"):
        1 - tg.tensor([True])
