"""Every primitive, by family."""
