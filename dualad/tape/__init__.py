"""The operation tape of reverse mode: recorded while the function runs, swept backwards after it.

`recording` appends statements and `sweep` runs them backwards. An array function is a `blocks` entry with
`payloads`, what its adjoint needs, hung into the chain of `links`. `pool` is the memory: a header by which
compiled code reaches a tape, and idle buffers for the next one.
"""
