"""A graph as one HTML file: modules open and close by a click, and backward is played step by step."""

from .build import Page, page, step

__all__ = ["Page", "page", "step"]
