"""What pytest leaves alone: a module of an optional package that is not there cannot be imported for its examples."""

from importlib.util import find_spec

collect_ignore = [] if find_spec("sklearn") else ["tinygrad_edu/sklearn.py"]
