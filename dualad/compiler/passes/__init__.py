"""Passes that prepare a function's Numba IR for active arguments, and the functions that they insert.

`activation` rewrites the IR: helpers become our compilations of them (found by `lookups`), what comes to hold
active values is created active (`creation`, in memory of `pooled`), and values are converted where code
needs another kind of them (`conversions`). `lowering` replaces Numba's last pass: frames give up what they
hold where an exception leaves them.
"""
