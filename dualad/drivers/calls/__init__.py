"""A call of the user's function.

`function` is what is called, `selection` are the arguments that are differentiated. A `call` passes `copies`
of arguments that the function stores into; where two of them share memory, `sharing` refuses that. `results`
says what derivatives need of the result.
"""
