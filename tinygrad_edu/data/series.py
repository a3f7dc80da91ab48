"""Time series: what was counted month by month or year by year, and windows of it to predict from."""

import csv

import numpy

from ..recording import wrap
from ..tensor import Tensor
from ..told import guard
from .dataset import TensorDataset
from .published import File
from .storage import read

__all__ = ["airline_passengers", "sunspots", "time_series", "windows", "yearly_sunspots"]

BROWNLEE = "https://raw.githubusercontent.com/jbrownlee/Datasets/master/"
STATSMODELS = "https://raw.githubusercontent.com/statsmodels/statsmodels/main/statsmodels/datasets/"
SERIES = {
    "airline-passengers": File(
        "timeseries/airline-passengers.csv",
        2_180,
        "8cb51be753a718d9be5d76d7e238cc224792754676adc21faa59e954b0201621",
        url=BROWNLEE + "airline-passengers.csv",
    ),
    "sunspots": File(
        "timeseries/monthly-sunspots.csv",
        45_039,
        "c4ec8cc57d9f6fb6ecdb3e1f37f25b6f4badd5124c55931052b0cd2fc3bc71f3",
        url=BROWNLEE + "monthly-sunspots.csv",
    ),
    "yearly-sunspots": File(
        "timeseries/sunspots-yearly.csv",
        2_944,
        "f67889b1d9002cd5227f0e0ef54e35b419cdd85a31279adef6f73fb41e5c0a9b",
        url=STATSMODELS + "sunspots/sunspots.csv",
    ),
}


def airline_passengers(context: int = 12) -> tuple[TensorDataset, TensorDataset]:
    """Passengers of airlines by month, 1949 to 1960, in thousands; see `split_series`.

    Source: Box and Jenkins (1976), "Time series analysis: forecasting and control", series G.
    """
    return split_series("airline-passengers", context)


def sunspots(context: int = 12) -> tuple[TensorDataset, TensorDataset]:
    """Sunspots by month, 1749 to 1983, counted in Zurich; see `split_series`.

    Source: Andrews and Herzberg (1985), "Data".
    """
    return split_series("sunspots", context)


def yearly_sunspots(context: int = 12) -> tuple[TensorDataset, TensorDataset]:
    """Sunspots by year, 1700 to 2008; see `split_series`.

    Source: United States' National Geophysical Data Center, by way of statsmodels.
    """
    return split_series("yearly-sunspots", context)


def split_series(name: str, context: int) -> tuple[TensorDataset, TensorDataset]:
    """Windows to train on from the first four fifths of a series, and to test on, whose targets are the last fifth.

    The windows to test on begin with the last values to train on, as a forecast does. Which folder the series are read
    from, `data.storage` tells; the whole series gives `time_series`.

    Raises:
        ConnectionError: it is not at hand, and cannot be downloaded.
        ValueError: the file is damaged, or not the published one; no window of this length fits.
    """
    _, values = time_series(name)
    border = len(values) * 4 // 5
    return windows(values[:border], context), windows(values[border - context :], context)


def windows(values: Tensor, context: int) -> TensorDataset:
    """All runs of `context` values and for each the value that follows; `(N,) -> (N - context, context, 1), (…, 1)`.

    Raises:
        ValueError: the values are not `(N,)`, or no run fits.

    >>> from tinygrad_edu import tensor
    >>> x, y = windows(tensor([1.0, 2.0, 3.0, 4.0]), 2).tensors
    >>> x.squeeze(2).tolist(), y.tolist()
    ([[1.0, 2.0], [2.0, 3.0]], [[3.0], [4.0]])
    """
    if values.ndim != 1 or not 1 <= context < len(values):
        raise ValueError(f"windows takes values (N,) and a context of 1 to N - 1, got {values.shape} and {context}")
    runs = numpy.lib.stride_tricks.sliding_window_view(values.numpy(), context + 1)
    return TensorDataset(wrap(runs[:, :-1, None].copy()), wrap(runs[:, -1:].copy()))


def time_series(name: str) -> tuple[list[str], Tensor]:
    """The months or years of a series, and its values `(N,)` in float32.

    `name` is "airline-passengers", "sunspots" (by month) or "yearly-sunspots".

    Raises:
        ValueError: there is no series of this name; the file is damaged, or not the published one.
        ConnectionError: it is not at hand, and cannot be downloaded.
    """
    if name not in SERIES:
        raise ValueError(f"there is no time series {name!r}; there are {', '.join(SERIES)}")
    _, *rows = csv.reader(read(SERIES[name]).decode("ascii").splitlines())
    return [row[0] for row in rows], wrap(numpy.array([float(row[1]) for row in rows], numpy.float32))


guard(globals(), __all__, __name__)
