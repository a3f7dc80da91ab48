"""What `import tinygrad_edu` costs beyond `import numpy`: fresh processes, in turn."""

import statistics
import subprocess
import sys


def milliseconds(statement: str) -> float:
    """The time a fresh process takes for one statement."""
    program = f"import time; t = time.perf_counter(); {statement}; print((time.perf_counter() - t) * 1e3)"
    return float(subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout)


def report(rounds: int = 21) -> None:
    """Print the medians and their difference."""
    pairs = [(milliseconds("import numpy"), milliseconds("import tinygrad_edu")) for _ in range(rounds)]
    numpy, ours = (statistics.median(column) for column in zip(*pairs, strict=True))
    added = statistics.median(b - a for a, b in pairs)
    print(f"import numpy {numpy:.0f} ms, import tinygrad_edu {ours:.0f} ms: {added:.0f} ms more (medians of {rounds})")
