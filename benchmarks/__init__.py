"""Measurements of tinygrad_edu beside PyTorch; `python -m benchmarks`."""
