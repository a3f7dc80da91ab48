"""Fast ways of NumPy for what takes more than a line: array functions that know nothing of rules or Tensors."""
