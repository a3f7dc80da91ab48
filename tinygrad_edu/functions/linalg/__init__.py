"""Linear algebra, by family, under the names of PyTorch's `torch.linalg`; tinygrad_edu/linalg.py gathers them.

The factorisations are LAPACK's, through NumPy. Their rules are products and solutions of the same kinds, so derivatives
of every order follow. A matrix stands in the last two dimensions, and those before them are a batch.
"""
