"""`python -m benchmarks`: every work of ours and PyTorch's in turn, on one thread; prints a Markdown table.

python -m benchmarks                     all of it, some three minutes
python -m benchmarks --only "MLP|chain"  the works whose names match
python -m benchmarks --what memory       growth, leaks and the million operations
python -m benchmarks --what import       what importing costs beside NumPy
python -m benchmarks --what optimizers   a step beside bare NumPy and PyTorch
python -m benchmarks --what loading      a loader's batches, and how long a step waits for them
"""

import argparse
import os
import re
import sys

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"  # before NumPy is imported


def speed(pattern: str) -> None:
    import numpy
    import torch

    from .measure import interleaved
    from .networks import llama, resnet
    from .training import epoch
    from .works import all_works

    torch.set_num_threads(1)
    print(f"Python {sys.version.split()[0]}, NumPy {numpy.__version__}, PyTorch {torch.__version__}, one thread\n")
    print("| work | ours, us | PyTorch, us | ratio |\n|---|---:|---:|---:|")
    for work in [*all_works(), resnet(1), resnet(64), llama(64), epoch()]:
        if not re.search(pattern, work.name):
            continue
        ours, theirs = work.ours().numpy(), work.theirs().detach().numpy()
        scale = max(float(numpy.abs(theirs).max()), 1.0)
        if not numpy.allclose(ours, theirs, rtol=1e-3, atol=1e-4 * scale):
            sys.exit(f"{work.name}: the results differ by {numpy.abs(ours - theirs).max():.3g}, so times say nothing")
        result = interleaved(work.ours, work.theirs)
        print(f"| {work.name} | {result.ours * 1e6:.1f} | {result.theirs * 1e6:.1f} | {result.ratio:.2f} |", flush=True)


def main() -> None:
    options = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--only", default="", metavar="PATTERN", help="a regular expression over the works' names")
    options.add_argument("--what", choices=("speed", "memory", "import", "optimizers", "loading"), default="speed")
    args = options.parse_args()
    if args.what == "memory":
        from .memory import report

        report()
    elif args.what == "import":
        from .importing import report

        report()
    elif args.what == "optimizers":
        from .optimizers import report

        report()
    elif args.what == "loading":
        from .loading import report

        report()
    else:
        speed(args.only)


if __name__ == "__main__":
    main()
