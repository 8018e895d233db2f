"""How reverse mode differentiates a function, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..adjoints.errors import NotTransformable
from ..compiler.dispatch import interrupts, scope
from ..compiler.dispatch.dispatcher import differentiable
from ..compiler.dispatch.values import type_of
from ..errors import UnsupportedError
from ..numba_api import cpu_target, global_compiler_lock
from ..options import Argnums
from .calls.complex_parts import OfParts, has_complex, result_type, split_expression
from .calls.function import Function
from .calls.selection import Selection
from .engines.adjoint import CompiledAdjoint, written
from .partials import Partial

if TYPE_CHECKING:
    from ..adjoints.plan.explanation import Explanation

__all__ = ["adjoint_source", "explain"]


def explain(f: Any, *args: Any, argnums: Argnums = 0) -> Explanation:
    """Explain how a function is differentiated in reverse mode.

    Parameters
    ----------
    f : function
        As for :func:`dualad.grad`. It is compiled, not run.
    *args
        Arguments as for a call of `f`; only their types matter.
    argnums : int, str or tuple of these, default 0
        The arguments to differentiate with respect to.

    Returns
    -------
    Explanation
        Prints as text: which engine is used; for each loop how it is handled, why, and how many bytes an
        iteration stores on the tape; for a function on the tape, the construct that has no compiled adjoint.

    Raises
    ------
    ArgumentError
        As :func:`dualad.grad`.

    Examples
    --------
    >>> import numpy as np, dualad as da
    >>> def f(x):
    ...     return x[0] ** 2 * x[1]
    >>> print(da.explain(f, np.ones(2)))
    f: compiled adjoint
      no loops
    """
    from ..adjoints.plan.explanation import Explanation

    selection = _selection(f, args, argnums)
    name = selection.function.name
    try:
        with interrupts.kept(), global_compiler_lock, scope.active_compilation(differentiable):
            made = CompiledAdjoint.resolve(cpu_target.typing_context, selection, None, first=False).made
    except NotTransformable as refusal:
        return Explanation(name, "tape", str(refusal))
    return Explanation(name, "adjoint", "", made.plans, made.source)


def adjoint_source(f: Any, *args: Any, argnums: Argnums = 0) -> str:
    """Source of the compiled adjoint of a function: the Python code that is compiled.

    Parameters
    ----------
    f, args, argnums
        As for :func:`explain`.

    Returns
    -------
    str
        A function that takes the arguments of `f` and a seed for each float of its result. It returns the
        result and the adjoints of the differentiated arguments.

    Raises
    ------
    ArgumentError
        As :func:`dualad.grad`.
    UnsupportedError
        If `f` has no compiled adjoint.

    Examples
    --------
    >>> import numpy as np, dualad as da
    >>> def f(x):
    ...     return -x
    >>> print(da.adjoint_source(f, 1.0))
    def f_adjoint(x, seed):
        # return -x
        t = -x
        x_b = -seed
        return t, (x_b,)
    <BLANKLINE>
    """
    selection = _selection(f, args, argnums)
    try:
        return written(selection).source
    except NotTransformable as refusal:
        raise UnsupportedError(f"{selection.function.name!r} has no compiled adjoint: {refusal}") from None


def _selection(f: Any, args: Any, argnums: Argnums) -> Selection:
    with interrupts.kept():
        cpu_target.typing_context.refresh()  # as Numba does before it compiles: it registers on demand
    partial = Partial.of(f)
    function = Function(differentiable(partial.function))
    given = partial.arranged(args)
    argtypes = tuple(type_of(arg, function.parameter(i)) for i, arg in enumerate(given))
    numbers: Argnums = partial.positions(argnums) if partial else argnums
    selection = Selection(function, function.check(numbers), argtypes)
    if not any(has_complex(argtypes[n]) for n in selection.numbers if n < len(argtypes)):
        selection.check()
        return selection
    selection.check(with_complex=True)
    with interrupts.kept():
        expression, classes = split_expression(result_type(function, argtypes))
    of_parts = OfParts.of(selection, expression, classes)
    return Selection(of_parts.function, selection.argnums, tuple(of_parts.argtypes))
