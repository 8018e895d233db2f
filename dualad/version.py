"""The version of this checkout, which may not be installed."""

__all__ = ["__version__"]

__version__ = "0.1.0"
