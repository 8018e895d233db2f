"""The function under check, and the point where it is checked.

A `subject` is a function from a flat vector to a flat vector; a `layout` says which number of arguments and
results lies where. On the command line, `targets` finds the function and `points` reads its arguments.
"""
