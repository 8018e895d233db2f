"""Adjoints by source transformation: from a function's source to its adjoint as Python that Numba compiles.

source (`sources`) → structured program (`reader`, `expressions`, `arrays`, `library`, `builder`, `ir`) → what
is known of it (`analysis`, `aliases`, `simplify`) → plans of loops (`fusion`, `ordering`, `counters`) → the
sweep backwards (`reversal`, `absorption`) → text (`emitter`, `tapes`, `text`); `engine` leads through it.
"""
