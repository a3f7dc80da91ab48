"""Memory for temporaries."""

import platform
import subprocess
import sys
import threading

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.kernels import memory
from tinygrad_edu.nn import functional as F


@pytest.mark.parametrize("make", [memory.aligned, memory.scratch])
@pytest.mark.parametrize("shape", [(), (0, 3), (5,), (3, 7)], ids=str)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_it_starts_on_a_line_of_the_cache(make, shape, dtype):
    array = make(shape, np.dtype(dtype))
    assert (array.shape, array.dtype, array.flags.c_contiguous) == (shape, dtype, True)
    assert array.ctypes.data % memory.LINE == 0
    array[...] = 1


def test_scratch_is_kept_but_not_what_is_large():
    first, second = memory.scratch((8,), "f4"), memory.scratch((4, 2), "f4")
    assert np.shares_memory(first, second)
    large = [memory.scratch((memory.KEPT + 1,), "u1") for _ in range(2)]
    assert not np.shares_memory(*large)
    assert memory.held.memory.size <= memory.KEPT


def test_each_thread_has_its_own():
    """Kernels write to scratch while NumPy lets other threads run."""
    x = tg.randn(300, 400)
    expected = [F.gelu(x), F.layer_norm(x, (400,))]
    wrong = []

    def work():
        for _ in range(30):
            found = [F.gelu(x), F.layer_norm(x, (400,))]
            wrong.extend(a for a, b in zip(found, expected, strict=True) if not tg.equal(a, b))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_how_rows_are_walked_over_ends_with_the_errstate():
    before = np.getbufsize()
    with np.errstate(all="ignore"):
        memory.by_long_rows(300)
        assert np.getbufsize() == 288
        memory.by_long_rows(10_000)
        assert np.getbufsize() == 512
    memory.by_long_rows(memory.LONG - 1)  # nothing
    F.batch_norm(tg.randn(4, 3, 40, 40), None, None, training=True)
    assert np.getbufsize() == before


STEPS = """
import resource
import numpy as np
import tinygrad_edu

def step():
    arrays = [np.ones(800_000, "f4") for _ in range(4)]  # 12.8 MB, all of it freed at the end

for _ in range(3):
    step()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(5):
    step()
print((resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) / 5)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="of glibc alone is it known when it hands memory back")
def test_freed_memory_stays_for_the_next_step():
    """Each page that the system has to give anew is a fault; NumPy alone has 3,000 of them."""
    run = [sys.executable, "-c", STEPS]
    assert float(subprocess.run(run, capture_output=True, check=True, text=True).stdout) < 100
