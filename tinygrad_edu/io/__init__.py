"""Saving and loading: safetensors files."""

from .safetensors import load_safetensors, safetensors_metadata, save_safetensors

__all__ = ["load_safetensors", "safetensors_metadata", "save_safetensors"]
