"""Compiled adjoints beside adjoints written by hand: time, compile time, time to write them.

``python -m benchmarks.adjoints`` measures, prints a table, and writes JSON.
"""
