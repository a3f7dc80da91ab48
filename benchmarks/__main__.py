"""`python -m benchmarks`: each work with each peer in turn, on one thread and again on two.

python -m benchmarks                                    all works with every peer: some twenty minutes
python -m benchmarks --against torch --threads 1        with PyTorch alone, on one thread
python -m benchmarks --only "MLP|chain"                 the works whose names match
python -m benchmarks --what memory                      bytes saved for backward, a step's peak, checkpoint
python -m benchmarks --what growth                      time and memory against length, width, depth ...
python -m benchmarks --what optimizers                  a step beside bare NumPy and PyTorch
python -m benchmarks --what loading                     a loader's batches, and how long a step waits for them

Writes the table as Markdown, JSON and a chart (SVG) to a folder, and prints the first.
"""

import argparse
import importlib
import os
import re
from pathlib import Path

from .peers import PEERS

KINDS = ("speed", "memory", "growth", "optimizers", "loading")


def pattern(text: str) -> str:
    """A regular expression."""
    try:
        re.compile(text)
    except re.error as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no regular expression: {error}") from None
    return text


def positive(text: str) -> int:
    """A number of threads or rounds."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"takes a number from 1 on, got {text!r}")
    return int(text)


def main() -> None:
    options = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--against", nargs="*", choices=PEERS, default=PEERS, metavar="PEER", help=" ".join(PEERS))
    options.add_argument(
        "--only", type=pattern, default="", metavar="PATTERN", help="a regular expression over the works' names"
    )
    options.add_argument("--threads", nargs="+", type=positive, default=(1, 2), metavar="N")
    options.add_argument("--rounds", type=positive, default=15, metavar="N", help="at most so many")
    options.add_argument("--what", choices=KINDS, default="speed")
    options.add_argument("--to", type=Path, default=Path("benchmarks/results"), metavar="FOLDER")
    args = options.parse_args()
    try:
        args.to.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        options.error(f"--to {args.to} cannot be made a folder: {error.strerror}")
    if args.what == "speed":
        from . import chart, speed, table
        from .works import all_works

        if not any(re.search(args.only, work.name) for work in all_works()):
            options.error(f"--only {args.only}: no work has such a name")
        runs = {threads: speed.in_a_process(threads, args.against, args.only, args.rounds) for threads in args.threads}
        table.write(args.to, runs, speed.versions(args.against))
        chart.write(args.to / "speed.svg", next(iter(runs.values())))
        print((args.to / "speed.md").read_text())
    else:
        for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
            os.environ[name] = "1"  # before NumPy is imported
        report = importlib.import_module(f".{args.what}", __package__).report
        report(args.to) if args.what == "growth" else report()


if __name__ == "__main__":
    main()
