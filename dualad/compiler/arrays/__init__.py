"""Functions of whole arrays in active code: their rules compiled, and applied in either mode."""

from .functions import ruled

__all__ = ["ruled"]
