"""Derivatives: what users call, and what is compiled for it.

`api` has the public derivatives, `explain` what reverse mode makes of a function, `barrier` stop_gradient.
A derivative becomes a dispatcher with the signature of the function (`adapters`; of methods and partials,
`partials`), which can be sent to other processes (`transport`) and is checked at its first call
(`value_check`). It calls one of the `kernels`, which ask `engines` for derivatives of a call (`calls`).
"""
