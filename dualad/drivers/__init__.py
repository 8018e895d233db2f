"""Derivatives: what users call, and how it is compiled.

`api` has the public derivatives, `explain` describes how reverse mode handles a function, `barrier` has
stop_gradient. A derivative is a dispatcher with the signature of the function (`adapters`; for methods and
partials, `partials`). It can be pickled (`transport`), and is checked at its first call (`value_check`).
It calls one of the `kernels`, which use an engine (`engines`) to differentiate a call (`calls`).
"""
