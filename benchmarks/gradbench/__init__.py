"""dualad as a tool of GradBench (https://github.com/gradbench/gradbench): all its evals.

Each eval is a module: its objective in the Numba code a user would write, its derivatives by dualad's
public drivers, and `FUNCTIONS`, which says how GradBench's inputs and outputs map to their arguments and
results. ``python -m benchmarks.gradbench`` answers GradBench's messages.
"""
