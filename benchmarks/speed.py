"""Every work with every peer, in turn, in a process of so many threads; rows of medians and ratios."""

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from typing import Any

__all__ = ["in_a_process", "rows", "versions"]

Row = dict[str, Any]  # work, goal, and for each peer its median in seconds and our ratio to it
POOLS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def in_a_process(threads: int, peers: Sequence[str], only: str, rounds: int) -> list[Row]:
    """The rows of a fresh process that has so many threads and no more cores."""
    environment = dict(os.environ, **dict.fromkeys(POOLS, str(threads)))
    with tempfile.NamedTemporaryFile("r") as file:
        command = [sys.executable, "-m", __spec__.name, str(threads), ",".join(peers), only, str(rounds), file.name]
        if failed := subprocess.run(command, env=environment).returncode:
            sys.exit(failed)  # it has said why
        return [json.loads(line) for line in file]


def versions(peers: Sequence[str]) -> dict[str, str]:
    """What was measured, by the peers' titles."""
    from .peers import load

    return {peer.title: peer.version for peer in map(load, ["tinygrad_edu", *peers])}


def agreed(peer: Any, result: Any) -> list[Any]:
    """What of a program's result has to agree: nothing of those that only do something, or time themselves."""
    return [] if result is None or isinstance(result, float) else peer.arrays(result)


def rows(names: Sequence[str], only: str, rounds: int) -> Iterator[Row]:
    """A row for each work whose name matches a pattern.

    Raises:
        ValueError: a peer's result is not ours, so that times say nothing.
    """
    import numpy

    from .measure import in_turn, ratio
    from .peers import load
    from .work import LackingError
    from .works import all_works

    ours, *peers = map(load, ["tinygrad_edu", *names])
    for work in all_works():
        if not re.search(only, work.name):
            continue
        try:
            able, programs = [ours], [work.build(ours)]
        except ConnectionError as error:  # of the data that it is done on
            print(f"{work.name} is left out: {error}", file=sys.stderr)
            continue
        results = [programs[0]()]
        wanted = agreed(ours, results[0])
        for peer in peers:
            try:
                program = work.build(peer)
                result = program()
            except LackingError:
                continue
            for a, b in zip(wanted, agreed(peer, result), strict=True):
                if a.dtype.kind == "f" and not numpy.allclose(a, b, rtol=1e-3, atol=1e-3 * max(1, numpy.abs(a).max())):
                    raise ValueError(f"{work.name}: {peer.title} gets something else, by {numpy.abs(a - b).max():.3g}")
            able.append(peer)
            programs.append(program)
            results.append(result)
        once = work.rounds == 1  # as long as that takes, and it has told its time
        times = [[float(told)] for told in results] if once else in_turn(programs, min(rounds, work.rounds))
        yield {
            "work": work.name,
            "goal": None if work.goal != work.goal else work.goal,
            "seconds": {peer.title: statistics.median(column) for peer, column in zip(able, times, strict=True)},
            "ratio": {peer.title: ratio(times[0], column) for peer, column in zip(able[1:], times[1:], strict=True)},
        }


def main() -> None:
    """A process of its own: threads, peers, a pattern, rounds, and the file that takes the rows."""
    threads, peers, only, rounds, path = sys.argv[1:]
    if hasattr(os, "sched_setaffinity"):  # so that no library finds more cores than it may have threads
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: int(threads)])
    with open(path, "w") as file:
        for row in rows([name for name in peers.split(",") if name], only, int(rounds)):
            print(json.dumps(row), file=file, flush=True)
            told = "  ".join(f"{title} {value:.2f}" for title, value in row["ratio"].items())
            print(f"[{threads}] {row['work']}: {row['seconds']['tinygrad_edu'] * 1e6:.1f} us  {told}", file=sys.stderr)


if __name__ == "__main__":
    main()
