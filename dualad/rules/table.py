"""The op table: one :class:`Op` per operation, made by :func:`op`, found by name or by callable."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from ..errors import UnsupportedError
from ..registry import entry
from .arguments import Argument
from .references import scipy_special

Partial = Callable[..., Any] | int | float

inf, nan = float("inf"), float("nan")
ALL = (-inf, inf)
POSITIVE = (0.0, inf)
UNIT = (-1.0, 1.0)


@dataclass(frozen=True, eq=False)
class Op:
    """One differentiable (or passive) operation on real scalars.

    Attributes
    ----------
    name : str
        Unique name; formulas refer to the op by it.
    functions : tuple of callables
        The functions of a user's code that this op stands for (``math.sin``, ``np.sin``). Compiled
        code calls the very function the user called, so the primal is bit for bit the user's.
    scipy : str
        The name of one more of them, in scipy.special. With nothing else given, its value on doubles is
        also the kernel and the reference.
    arity : int
        Number of real arguments.
    partials : tuple
        Per argument a function of ``(*arguments, result)`` or a constant. For several outputs
        (``divmod``) one such tuple per output. Empty: the op is passive, its result is a constant
        of every derivative (comparisons, floor, sign).
    outputs : int
        Number of results; above 1 the op returns a tuple.
    kernel : callable or str or None
        What compiled formulas call for the primal: a function of `functions`, one of scipy.special
        by its name (``"scipy:psi"``), or a plain Python function to compile.
        None: the mechanism has an instruction for it.
    instruction : str
        Of LLVM, if the primal is one: "fadd", or "fcmp <" with its predicate; of truth values without f.
    reference : callable or None
        The primal on plain floats, IEEE semantics, nothing raised.
    oracle : callable or None
        ``oracle(mp, *arguments)``: the primal on mpmath numbers.
    piece : callable or None
        ``piece(mp, *arguments)``: the smooth piece the numbers are on, if an op with partials has several.
    fold : bool
        The op takes two or more arguments in user code and folds from the left.
    optional : int
        Arguments that may follow (the digits of ``round``); such ops are passive.
    integers : tuple of int
        Positions of arguments that are integers and stay so (``ldexp``'s exponent).
    domain : tuple of (low, high)
        Per argument, the interval on which the op is smooth and tests may draw.
    points : tuple of tuples
        Extra sample points: near singularities, extremes, places where a naive formula loses.
    edges : tuple of (arguments, partials)
        Conventions at kinks and singular points: pairs, as 0.0 and -0.0 are one key of a dict.
        With several outputs the partials of all outputs follow one another.
    tolerance : float or None
        Relative tolerance against the oracle where 4 ulp cannot be had (special functions).
    vanishing : tuple of tuples of int
        Partials that cross zero where no double lies, by the positions of their arguments: ``(0,)`` the
        first, ``(0, 1)`` a mixed second one. No formula has a small relative error there; it is
        measured against the partial of one order less divided by the argument.
    kinked : bool
        At some points the partials are conventions; see :mod:`dualad.rules.kinks`.
    steady : bool
        The partials are constant between kinks: an argument whose partial is 0 has no effect near the point.
    decides : {"", "equal", "zero"}
        The op is one of those that tell which piece is meant there: where its arguments are equal, or where
        they are both 0.
    absorbs : bool
        It is a product in which an exact zero absorbs infinities and NaN.
    factors : tuple of int
        Positions of the arguments whose zero makes the result zero: of a product both, of a quotient one.
    divisor : int or None
        Position of the argument by which it divides: the partials are finite unless that is 0.
    linear : bool
        It is linear in all its arguments together: a sum, up to constant factors.
    neutral : int or None
        The number that, as second argument, gives the first one unchanged. If it is 0, so for integers only:
        the sum of -0.0 and 0.0 is 0.0. Products that absorb lose the sign of a zero.
    commutes : bool
        The two arguments may be exchanged.
    inverse : str
        The op that it is of its second argument, if the first one is the neutral number.
    exponent : int or None
        Position of an exponent. If that is a constant integer, it stays one in the partials, and the op is a
        product of so many factors.
    truth : bool
        The result is a truth value.
    least : float or callable
        What the primal is not below (NaN aside): a number, whatever the arguments are, or a function of
        what is known of each (:class:`Argument`).
    steepest : callable or None
        Where the partials are largest, a function of what is known of each argument: the points at which to
        try whether they are finite; None if nothing follows.
    cheap : bool or callable
        Whether computing it takes about as long as reading a number from memory: a truth value, or a
        function of what is known of each argument.
    written : callable or None
        The operator or function of NumPy that stands for it where a partial is written as Python: it raises
        nothing on floats. None: the kernel, if that is a function of math, or one made of the row.
    cmath : callable or None
        The function of :mod:`cmath` that the op stands for as well.
    analytic : bool or tuple
        Whether it takes complex numbers, as a holomorphic function: True if `partials` hold for them, or the
        partials that do.
    complex_kernel : callable or None
        What compiled formulas call for the primal on complex numbers, if more than instructions: `cmath` if
        nothing is given.
    part : (callable, int) or None
        It is the real part (0) or the imaginary part of a function of complex numbers, see
        :mod:`dualad.rules.parts`.
    note : str
        The convention at kinks, or the source of the formula, for the table in the docs.
    """

    name: str
    functions: tuple[Callable[..., Any], ...] = ()
    scipy: str = ""
    arity: int = 1
    partials: tuple[Any, ...] = ()
    outputs: int = 1
    kernel: Callable[..., Any] | str | None = None
    instruction: str = ""
    reference: Callable[..., Any] | None = None
    oracle: Callable[..., Any] | None = None
    piece: Callable[..., Any] | None = None
    fold: bool = False
    optional: int = 0
    integers: tuple[int, ...] = ()
    domain: tuple[tuple[float, float], ...] = (ALL,)
    points: tuple[tuple[float, ...], ...] = ()
    edges: tuple[tuple[tuple[float, ...], tuple[float, ...]], ...] = ()
    tolerance: float | None = None
    vanishing: tuple[tuple[int, ...], ...] = ()
    kinked: bool = False
    steady: bool = False
    decides: str = ""
    absorbs: bool = False
    factors: tuple[int, ...] = ()
    divisor: int | None = None
    linear: bool = False
    neutral: int | None = None
    commutes: bool = False
    inverse: str = ""
    exponent: int | None = None
    truth: bool = False
    least: float | Callable[..., float] = -inf
    steepest: Callable[..., Sequence[tuple[Any, ...]] | None] | None = None
    cheap: bool | Callable[..., bool] = False
    written: Callable[..., Any] | None = None
    cmath: Callable[..., Any] | None = None
    analytic: bool | tuple[Partial, ...] = False
    complex_kernel: Callable[..., Any] | None = None
    part: tuple[Callable[..., Any], int] | None = None
    note: str = ""

    @property
    def calls(self) -> tuple[Callable[..., Any], ...]:
        """All functions the op stands for, SciPy's included once the user has imported scipy.special."""
        special = loaded_special() if self.scipy else None
        found = getattr(special, self.scipy, None) if special else None
        return self.functions if found is None else (*self.functions, found)

    @property
    def on_complex(self) -> tuple[Partial, ...]:
        """The partials on complex numbers, one per argument; none if it takes none."""
        return self.partials if self.analytic is True else self.analytic or ()

    @property
    def is_called(self) -> bool:
        """Whether user code can call it; otherwise it serves the partials of others."""
        return bool(self.functions or self.scipy)

    @property
    def smooth(self) -> tuple[int, ...]:
        """Positions of the arguments that can be differentiated with respect to."""
        refused = [p for k in range(self.outputs) for p in self.partials_of(k) if isinstance(p, Refused)]
        return tuple(
            i
            for i in range(self.arity)
            if i not in self.integers and not any(p.position == i for p in refused)
        )

    @property
    def passive(self) -> bool:
        """Whether the result carries no derivative."""
        return not self.partials

    @property
    def is_product(self) -> bool:
        """Whether it is the product of its two arguments."""
        return self.arity == 2 and len(self.factors) == 2

    def least_of(self, arguments: Sequence[Argument]) -> float:
        """What the result is not below."""
        return self.least(*arguments) if callable(self.least) else self.least

    def is_cheap(self, arguments: Sequence[Argument]) -> bool:
        """Whether to compute it again is as fast as to read it from memory."""
        return self.cheap(*arguments) if callable(self.cheap) else self.cheap

    def partials_of(self, output: int) -> tuple[Partial, ...]:
        """The partials of one output, one per argument."""
        partials: tuple[Partial, ...] = self.partials[output] if self.outputs > 1 else self.partials
        return partials


@dataclass(frozen=True)
class Refused:
    """Stands for a partial that does not exist; its evaluation raises an error.

    Attributes
    ----------
    function : str
        Name of the function, for the message.
    position : int
        Which argument.
    argument : str
        Its name, for the message.
    order : str
        Which derivative with respect to it, for the message: "third" if the first two exist.
    """

    function: str
    position: int
    argument: str
    order: str = ""

    def __call__(self, *operands: Any) -> Any:
        kind = f"{self.order} derivative" if self.order else "derivative"
        raise UnsupportedError(
            f"{self.function} has no {kind} with respect to its argument {self.argument!r}, which "
            f"depends on a differentiated argument; pass it as a constant (da.stop_gradient makes it one)"
        )


_ops: dict[str, Op] = {}
_made: dict[str, Op] = {}
_by_call: dict[Any, Op] = {}
_by_scipy: dict[str, Op] = {}
_waiting: list[Callable[[], None]] = []


def op(name: str, calls: Any = (), partials: Any = (), **fields: Any) -> Op:
    """Define an op and enter it in the table; a lone callable or partial needs no tuple."""
    if callable(calls):
        calls = (calls,)
    if callable(partials) or isinstance(partials, int | float):
        partials = (partials,)
    if partials and "arity" not in fields:
        fields["arity"] = len(partials[0]) if fields.get("outputs", 1) > 1 else len(partials)
    arity = fields.get("arity", 1)
    if callable(fields.get("analytic")):
        fields["analytic"] = (fields["analytic"],)
    fields.setdefault("complex_kernel", fields.get("cmath"))
    if len(fields.get("domain", (ALL,))) == 1 and arity > 1:
        fields["domain"] = fields.get("domain", (ALL,)) * arity
    if "scipy" in fields:
        fields.setdefault("kernel", f"scipy:{fields['scipy']}")
        fields.setdefault("reference", scipy_special(fields["scipy"]))
    entry = Op(name, tuple(calls), partials=tuple(partials), **fields)
    if name in _ops or entry.scipy in _by_scipy:
        raise ValueError(f"op {name!r} is defined twice")
    if entry.scipy:
        _by_scipy[entry.scipy] = entry
    for call in entry.functions:
        if call in _by_call:
            raise ValueError(f"{call!r} belongs to ops {_by_call[call].name!r} and {name!r}")
        _by_call[call] = entry
    _ops[name] = entry
    return entry


def hidden(entry: Op) -> Op:
    """Enter an op that is made from others: it is found by its name, and is no row of the table."""
    _made[entry.name] = entry
    return entry


def lookup(name: str) -> Op:
    """The op called `name`."""
    found = _ops.get(name)
    return _made[name] if found is None else found


def for_call(function: Any) -> Op | None:
    """The op that stands for `function`, or None."""
    found = entry(_by_call, function)
    if found is None and callable(function):
        named = _by_scipy.get(getattr(function, "__name__", ""))
        return named if named is not None and function in named.calls else None
    return found


def table() -> Iterator[Op]:
    """All ops in the order of their definition."""
    return iter(tuple(_ops.values()))


def loaded_special() -> ModuleType | None:
    """The module scipy.special if it has been imported: until then nobody holds a function of it.

    dualad does not import it, which would double its own import time.
    """
    module = sys.modules.get("scipy.special")
    if module is None or getattr(module.__spec__, "_initializing", False):
        return None
    while _waiting:
        _waiting.pop()()
    return module


def when_special_is_loaded(callback: Callable[[], None]) -> None:
    """Have `callback` called once: now, or before the table first shows a function of scipy.special."""
    _waiting.append(callback)
    loaded_special()
