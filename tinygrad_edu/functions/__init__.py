"""Functions of Tensors, by family; most are a line or two over the primitives."""
