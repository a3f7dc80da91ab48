"""Saving and loading: safetensors files, and nested containers in them."""

from . import onnx
from .objects import load, save
from .safetensors import load_safetensors, safetensors_metadata, save_safetensors

__all__ = ["load", "load_safetensors", "onnx", "safetensors_metadata", "save", "save_safetensors"]
