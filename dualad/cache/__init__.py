"""Compiled drivers kept on disk, under a fingerprint of everything they were compiled from."""

from .api import CacheInfo, cache_info, clear_cache

__all__ = ["CacheInfo", "cache_info", "clear_cache"]
