"""Differentiate one function in every mode, and compare with differences and between the modes."""

from __future__ import annotations

import math
import re
import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

import dualad as da

from ..timing import interleaved
from .case import Case

ROOT = Path(__file__).parents[2]
REVERSE = ("adjoint", "tape")
AGREEMENT = {8: 1e-9, 4: 1e-3}  # of two modes, relative to the largest entry, by bytes of a float
ROUNDING = {8: 1e-12, 4: 1e-5}  # of a value whose sums may be reordered
ENTRIES = 2000  # of a gradient, up to which differences are taken one by one


@dataclass
class Row:
    """What was found of one case.

    Attributes
    ----------
    case, package : str
    verdict : str
        "right", "unclear" (differences are too rough to tell), "WRONG", "refused", "not run" (the case itself
        fails) or, given by whoever runs the cases, "CRASHED" and "timed out".
    engine : str
        The best of "adjoint", "tape", "forward"; empty if there is none.
    modes : dict of str to str
        By mode "" or why it refused.
    notes : list of str
        What is wrong, or the reason.
    ratio : float or None
        Time of value and derivative over time of the function, both called from Python.
    seconds : float or None
        Of one call of the function.
    compiled : float or None
        Seconds of the derivative's first call.
    primal_compiled : float or None
        Seconds of the function's first call.
    """

    case: str
    package: str
    verdict: str = "right"
    engine: str = ""
    modes: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    ratio: float | None = None
    seconds: float | None = None
    compiled: float | None = None
    primal_compiled: float | None = None

    def wrong(self, note: str) -> None:
        self.verdict = "WRONG"
        self.notes.append(note)


def examine(case: Case, seconds: float) -> Row:
    """Everything about one case; no exception leaves."""
    row = Row(case.name, case.package)
    try:
        function = case.function()
        subject = Subject(function, case)
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        row.verdict = "not run"
        row.notes.append(one_line(error))
        return row
    row.primal_compiled = subject.compiled
    found = differentiated(subject, row)
    if not found:
        row.verdict = row.verdict if row.verdict == "WRONG" else "refused"
        return row
    row.engine = next(mode for mode in (*REVERSE, "forward") if mode in found)
    compare_values(subject, found, row)
    compare_modes(subject, found, row)
    if row.verdict != "WRONG":
        compare_with_differences(subject, found, row)
    measure(subject, row, seconds)
    return row


class Subject:
    """A function with its arguments, a cotangent of its result and a direction of its arguments."""

    def __init__(self, function: Any, case: Case) -> None:
        self.function, self.make, self.argnums = function, case.arguments, case.argnums
        self.both = case.both
        given = self.make()
        begin = perf_counter()
        self.value = self.function(*given)
        self.compiled = perf_counter() - begin
        rng = np.random.default_rng(15)
        self.cotangent = like(self.value, rng)
        self.tangents = tuple(like(p, rng) for p in self.primals(self.make()))
        inexact = [v for _, v in floats((self.value, self.primals(self.make())))]
        if not inexact or not all(np.all(np.isfinite(v)) for _, v in floats(self.value)):
            raise ValueError(f"the value is not finite: {self.value!r}")
        single = any(map(computes_in_single, dispatchers(function, set())))
        self.precision = 4 if single else min(v.dtype.itemsize for v in inexact)

    def primals(self, arguments: tuple) -> tuple:
        return tuple(arguments[n] for n in self.argnums)

    def rest(self, arguments: tuple) -> list:
        return [a for n, a in enumerate(arguments) if n not in self.argnums]

    def call(self, driver: Callable, along: Any) -> Any:
        """Value and derivative along a cotangent or tangents, of fresh arguments."""
        arguments = self.make()
        return driver(self.primals(arguments), along, *self.rest(arguments))

    def driver(self, mode: str) -> tuple[Callable, Any]:
        """The derivative in a mode, and what it is called with beside the arguments."""
        if mode == "forward":
            return da.jvp(self.function, self.argnums), self.tangents
        return da.vjp(self.function, self.argnums, mode=mode), self.cotangent

    @property
    def reorders(self) -> bool:
        """Whether sums may be reordered, in the function or in what it calls; derivatives run serially.

        Numba compiles what is first called by a function with ``fastmath`` with it, too.
        """
        found = list(dispatchers(self.function, set()))
        fast = any(result.target_context.fastmath for d in found for result in d.overloads.values())
        return fast or any(d.targetoptions.get("fastmath") or d.targetoptions.get("parallel") for d in found)


def differentiated(subject: Subject, row: Row) -> dict[str, tuple[Any, Any]]:
    """Value and derivative of each mode that has one; notes the reasons of the others."""
    found = {}
    for mode in (*REVERSE, "forward"):
        if mode == "tape" and "adjoint" in found and not subject.both:
            continue
        begin = perf_counter()
        try:
            driver, along = subject.driver(mode)
            with warnings.catch_warnings(record=True) as heard:
                warnings.simplefilter("always")
                found[mode] = subject.call(driver, along)
        except da.DualadError as refusal:
            row.modes[mode] = one_line(refusal)
            row.notes.append(f"{mode}: {one_line(refusal)}")
            continue
        except Exception as error:
            row.modes[mode] = f"{type(error).__name__} inside"
            row.wrong(f"{mode}: {one_line(error)} {place(error)}")
            continue
        row.modes[mode] = ""
        if row.compiled is None:
            row.compiled = perf_counter() - begin
        for warning in heard:
            if issubclass(warning.category, da.FaultWarning):
                row.wrong(f"{mode}: {warning.message}")
    return found


def compare_values(subject: Subject, found: dict[str, tuple[Any, Any]], row: Row) -> None:
    allowed = ROUNDING[subject.precision] if subject.reorders else 0.0
    wanted = dict(leaves(subject.value))
    for mode, (value, _) in found.items():
        got = dict(leaves(value))
        if wanted.keys() != got.keys():
            row.wrong(f"{mode}: the value has another form")
            continue
        for path, want in wanted.items():
            if not same(got[path], want, allowed):
                row.wrong(f"{mode}: value{path} is {short(got[path])}, the function's {short(want)}")
                break


def compare_modes(subject: Subject, found: dict[str, tuple[Any, Any]], row: Row) -> None:
    """Reverse modes entry by entry; reverse and forward by cotangent · (J tangents)."""
    allowed = AGREEMENT[subject.precision]
    gradients = {mode: flat(found[mode][1]) for mode in REVERSE if mode in found}
    for mode, gradient in gradients.items():
        if not np.all(np.isfinite(gradient)):
            row.wrong(f"{mode}: the derivative is {short(gradient)}")
    if len(gradients) == 2:
        one, other = gradients.values()
        if not close(one, other, allowed):
            row.wrong(f"adjoint and tape differ: {short(one)} and {short(other)}")
    if "forward" in found:
        change = found["forward"][1]
        if not np.all(np.isfinite(flat(change))):
            row.wrong(f"forward: the derivative is {short(flat(change))}")
        along, weights, direction = flat(change), flat(subject.cotangent), flat(subject.tangents)
        for mode, gradient in gradients.items():
            terms = np.concatenate([along * weights, gradient * direction])
            gap = abs(float(along @ weights) - float(gradient @ direction))
            if not gap <= allowed * max(float(np.max(np.abs(terms), initial=0.0)), 1e-300):
                row.wrong(f"forward and {mode} differ: {along @ weights:.15g}, {gradient @ direction:.15g}")


def compare_with_differences(subject: Subject, found: dict[str, tuple[Any, Any]], row: Row) -> None:
    """The contraction with the cotangent by differences of the compiled function.

    Entry by entry, or along the tangents where there are many.
    """
    weights = flat(subject.cotangent)
    wanted = found.get("adjoint", found.get("tape"))

    def contraction(*arguments: Any) -> float:
        for argument in arguments:
            if np.iscomplexobj(argument):
                raise TypeError("differences are the reference")
        return float(flat(subject.function(*arguments)).astype(float) @ weights.astype(float))

    def directional(t: float) -> float:
        arguments = list(subject.make())
        for n, along in zip(subject.argnums, subject.tangents, strict=True):
            arguments[n] = moved(arguments[n], along, t)
        return contraction(*arguments)

    rtol = None if subject.precision == 8 else 5e-3
    arguments = subject.make()
    if wanted is not None and flat(subject.primals(arguments)).size <= ENTRIES:
        derivative = wanted[1]
        report = da.check_derivatives(
            opaque(contraction), *arguments, argnums=subject.argnums, jac=lambda *_: derivative, rtol=rtol
        )
    else:
        slope = (
            float(flat(found["forward"][1]) @ weights)
            if wanted is None
            else float(flat(wanted[1]) @ flat(subject.tangents))
        )
        report = da.check_derivatives(opaque(directional), 0.0, jac=lambda _: slope, rtol=rtol)
    row.notes += [f"{c.mode}: {c.failure}" for c in report.comparisons if c.failure]
    wrong = [str(entry) for c in report.comparisons for entry in c.wrong]
    if wrong:
        row.wrong(f"differences: {wrong[0]} ({len(wrong)} wrong)")
    elif report.failures:
        row.verdict = "unclear"
        row.notes.append(report.failures[0])
    elif any(c.failure for c in report.comparisons) or not all(c.ok for c in report.comparisons):
        row.verdict = "WRONG"
    elif any(c.unresolved == c.entries for c in report.comparisons):
        row.verdict = "unclear"
        row.notes.append("differences are too rough to tell")


def measure(subject: Subject, row: Row, seconds: float) -> None:
    if row.verdict not in ("right", "unclear"):
        return
    driver, along = subject.driver(row.engine)
    arguments = subject.make()
    primals, rest = subject.primals(arguments), subject.rest(arguments)
    calls = {
        "function": partial(subject.function, *arguments),
        "derivative": partial(driver, primals, along, *rest),
    }
    try:
        found = interleaved(calls, seconds)
    except Exception as error:  # a function that changes its arguments may not take them twice
        row.notes.append(f"not measured: {one_line(error)}")
        return
    row.seconds, row.ratio = found["function"], found["derivative"] / found["function"]


# -- values: numbers, arrays and tuples of them ------------------------------------------------------


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, tuple | list):
        for n, item in enumerate(value):
            yield from leaves(item, f"{path}[{n}]")
    else:
        yield path, np.asarray(value)


def floats(value: Any) -> Iterator[tuple[str, Any]]:
    return ((path, v) for path, v in leaves(value) if v.dtype.kind in "fc")


def flat(value: Any) -> np.ndarray:
    parts = [v.ravel() for _, v in floats(value)]
    return np.concatenate(parts) if parts else np.empty(0)


def like(value: Any, rng: np.random.Generator) -> Any:
    """Random numbers in the form of a value; what is no float stays."""
    if isinstance(value, tuple):
        items = [like(item, rng) for item in value]
        return type(value)(*items) if hasattr(value, "_fields") else tuple(items)
    if isinstance(value, list):
        return [like(item, rng) for item in value]
    if isinstance(value, np.ndarray):
        if value.dtype.kind != "f":
            return np.zeros_like(value)
        return rng.uniform(0.5, 1.5, value.shape).astype(value.dtype)
    return rng.uniform(0.5, 1.5) if isinstance(value, float) else value


def moved(value: Any, along: Any, t: float) -> Any:
    if isinstance(value, tuple):
        return tuple(moved(v, a, t) for v, a in zip(value, along, strict=True))
    return value + along * t


def same(got: Any, want: Any, allowed: float) -> bool:
    if got.shape != want.shape:
        return False
    if allowed and want.dtype.kind == "f":
        return close(got, want, allowed)
    return bool(np.array_equal(got, want, equal_nan=want.dtype.kind == "f"))


def close(one: Any, other: Any, allowed: float) -> bool:
    if one.shape != other.shape:
        return False
    size = float(np.max(np.abs(other), initial=0.0))
    return bool(np.all(np.abs(one - other) <= allowed * max(size, 1e-300)))


# -- functions ---------------------------------------------------------------------------------------


def dispatchers(function: Any, seen: set[int]) -> Iterator[Any]:
    """The compiled functions that a function can reach by its globals and closure."""
    inner = getattr(function, "py_func", None)
    if inner is None or id(function) in seen:
        return
    seen.add(id(function))
    yield function
    names = set(inner.__code__.co_names)
    reached = [inner.__globals__[n] for n in names if n in inner.__globals__]
    reached += [cell.cell_contents for cell in inner.__closure__ or () if _filled(cell)]
    for found in reached:
        yield from dispatchers(found, seen)


def computes_in_single(dispatcher: Any) -> bool:
    """Whether a compiled function has variables of single precision: modes round at other places there."""
    annotations = [result.type_annotation for result in dispatcher.overloads.values()]
    # What Numba has from its cache has the types as text only.
    texts = [one if isinstance(one, str) else str(one.typemap) for one in annotations]
    return any("float32" in text for text in texts)


def _filled(cell: Any) -> bool:
    try:
        cell.cell_contents  # noqa: B018
    except ValueError:
        return False
    return True


class opaque:  # noqa: N801
    """A function that the checker can only call."""

    def __init__(self, function: Callable) -> None:
        self.function = function
        self.__name__ = "contraction"

    def __call__(self, *arguments: Any) -> Any:
        return self.function(*arguments)


# -- texts -------------------------------------------------------------------------------------------


def one_line(error: BaseException) -> str:
    """The message, with files as they are in their packages."""
    text = re.sub(r"[^\s('\"]*/site-packages/", "", " ".join(str(error).split()).replace(f"{ROOT}/", ""))
    return text[:400] if isinstance(error, da.DualadError) else f"{type(error).__name__}: {text[:400]}"


def place(error: BaseException) -> str:
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "dualad" in f.filename]
    return f"(at {'/'.join(frames[-1].filename.split('/')[-2:])}:{frames[-1].lineno})" if frames else ""


def short(value: Any) -> str:
    array = np.asarray(value)
    if array.size == 1:
        return f"{array.item()!r}"
    shown = ", ".join(f"{v!r}" for v in array.ravel()[:4].tolist())
    return f"[{shown}{', ...' if array.size > 4 else ''}]"


def finite_or_none(value: float | None) -> float | None:
    return value if value is None or math.isfinite(value) else None
