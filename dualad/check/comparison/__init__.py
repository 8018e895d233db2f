"""Derivatives compared with their references.

`entrywise` compares every entry; `probes` contracts derivatives with many entries with random vectors, and
searches those that are wrong. `tolerance` judges a number, `hints` says what the errors look like.
"""
