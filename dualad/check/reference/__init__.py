"""What derivatives are compared with, found from values of the function alone.

`references` combines `differences`, sharpened by a `complex_step` or, where the function can be rebuilt
(`substitution`) to run on numbers of many digits (`operands`), by `exact` values. `noise` says how precisely
the function is computed, `kinks` where it is not smooth.
"""
