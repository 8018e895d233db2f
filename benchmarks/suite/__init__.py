"""GradBench's twelve problems without GradBench: each tool in a process of its own, beside the primal.

``python -m benchmarks.suite`` measures, prints a table, and writes JSON, Markdown and pictures.
"""
