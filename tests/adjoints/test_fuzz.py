"""Adjoints of random programs: as plain Python against dual numbers, compiled against the other modes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from numba import njit, typeof
from numba.core import errors

import dualad as da
from dualad.adjoints import engine
from dualad.adjoints.analysis.memory import Memory
from dualad.adjoints.emit import coalescing, printer
from dualad.adjoints.errors import NotTransformable
from dualad.adjoints.frontend import elementwise
from dualad.adjoints.ir.nodes import Value
from dualad.adjoints.ir.variables import Variables
from dualad.adjoints.passes import optimistic, simplify, zeroing
from dualad.adjoints.plan import fusion, plan, storage
from dualad.adjoints.reverse import restoration, sweep
from tests.adjoints.fuzz import programs
from tests.adjoints.oracle import COMBINATIONS, check, differentiated, is_close, reference

COUNT, MANY, COMPILED, SINGLE, FOR_MUTANTS = 120, 2500, 200, 100, 1500
PARTS = 20  # of the many, so that a failure says which program it was before all are run
REFUSED = 0.2  # the largest share that may be refused: the fuzzer must not go blind
WILD = 1e12  # majorants beyond it say nothing


def drawn(count, budget=22):
    """Different programs of so many statements, with what they give; too wild ones are left out."""
    found = {}

    @settings(
        max_examples=4 * count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(programs(budget))
    def draw(program):
        if len(found) < count and program.text not in found:
            expected = judged(program)
            if expected is not None:
                found[program.text] = program, expected

    draw()
    assert len(found) == count
    return list(found.values())


def judged(program, name="program"):
    """What the program gives, or None if no derivative can be told from its rounding errors."""
    expected = reference(program.functions()[name], program.arguments())
    if expected.error is not None:
        assert (type(expected.error), str(expected.error)) == (ValueError, "too far"), program
        return expected
    tame = all(np.all(np.isfinite(v)) for v in expected.results)
    return expected if tame and all(np.all(m < WILD) for m in expected.majorants) else None


def agree(count, combinations):
    """Hold adjoints against the reference; count the refused.

    Each program under `combinations` of the switches by turns, or under every one.
    """
    refused = 0
    for number, (program, expected) in enumerate(drawn(count)):
        turn = [COMBINATIONS[(number * combinations + k) % len(COMBINATIONS)] for k in range(combinations)]
        try:
            check(program.functions()["program"], program.arguments(), None, turn, expected)
        except NotTransformable:
            refused += 1
        except BaseException as error:
            error.add_note(repr(program))
            raise
    assert refused <= REFUSED * count


def test_random_programs():
    agree(COUNT, 2)


@pytest.mark.battery
@pytest.mark.parametrize("part", range(PARTS))
def test_many_random_programs(part):
    """Others in every part, and in every run."""
    agree(MANY // PARTS, len(COMBINATIONS))


@pytest.mark.battery
def test_compiled_random_programs():
    """Of one number: the value is that of the compiled primal to the bit, the gradient that of every mode.

    Those that Numba itself does not compile (``reversed``) are left out.
    """
    refused = compared = 0
    for program, _ in drawn(COMPILED, budget=10):
        expected = judged(program, "total")
        total = program.functions(njit)["total"]
        args = program.arguments()
        active = tuple(differentiated(args))
        try:
            found = {mode: outcome(total, args, active, mode) for mode in ("adjoint", "tape", "forward")}
        except da.PrimalError:
            continue
        except da.UnsupportedError as error:
            refused += "has no compiled adjoint" in str(error)
            continue
        compared += 1
        primal = outcome(total, args, active, None)
        for mode, (value, gradient) in found.items():
            note = f"{mode}: {value} {gradient} instead of {primal} {found['tape']}\n{program!r}"
            assert value == primal[0], note
            if expected is not None and expected.error is None:
                assert np.all(is_close(gradient, found["tape"][1], 10 * expected.majorants[0][0])), note
    assert refused <= REFUSED * COMPILED
    assert compared >= (1 - REFUSED) * COMPILED


@pytest.mark.battery
def test_compiled_random_programs_in_single_precision():
    """By turns with one argument in double; those whose arrays Numba cannot unify then are left out."""
    compared = 0
    for number, (program, _) in enumerate(drawn(SINGLE, budget=10)):
        total = program.functions(njit)["total"]
        args = [single(a) if number % 3 or i != 2 else a for i, a in enumerate(program.arguments())]
        active = tuple(differentiated(args))
        try:
            value, _ = outcome(total, args, active, None)
            got, gradient = outcome(total, args, active, "adjoint")
        except (errors.NumbaError, da.UnsupportedError):
            continue
        compared += 1
        assert got == value, repr(program)
        _, wanted = outcome(total, args, active, "tape")
        expected = judged(program, "total")
        known = expected is not None and expected.error is None
        bound = expected.majorants[0][0] if known else np.abs(wanted)
        near = np.abs(gradient - wanted) <= 1e-5 * np.maximum(bound, 1.0)
        assert np.all(near | np.isnan(wanted)), f"{gradient} instead of {wanted}\n{program!r}"
    assert compared >= (1 - REFUSED) * SINGLE


def single(arg):
    """An argument in single precision if it is of floats."""
    if isinstance(arg, np.ndarray):
        return arg.astype(np.float32)
    return np.float32(arg) if isinstance(arg, float) else arg


def outcome(function, args, active, mode):
    """The value and the gradient as one vector; for an exception its message, and nothing."""
    given = [arg.copy() if isinstance(arg, np.ndarray) else arg for arg in args]
    try:
        if mode is None:
            return function(*given), None
        value, gradients = da.value_and_grad(function, active, mode=mode)(*given)
    except ValueError as error:
        return str(error), np.zeros(0)
    for before, after in zip(args, given, strict=True):
        np.testing.assert_array_equal(after, before)
    return value, np.concatenate([np.ravel(g) for g in gradients])


# -- whether faults are found ---------------------------------------------------------------------------


def _keeps_adjoints_of_stores(self, s, block):
    if s.array.active and isinstance(s.value, Value) and s.value.active:
        self.bars.add(s.value, self.bars.load(s.array, s.index))


def _one_after_the_other(self, pairs):
    for target, source in pairs:
        if source is not None and self._of(source).text != self.names[target]:
            yield f"{self.names[target]} = {self._of(source).text}"


def _starts_anew(self, branch, first, second, original=Variables.merge):
    for scope, other in ((first, second), (second, first)):
        for variable in other.values:
            if not other.starts(variable) and variable.start is not None:
                scope.values.setdefault(variable, variable.start)
    original(self, branch, first, second)


def _passes_stores(self, s):
    return not any(v in self.late for v in optimistic.operands(s))


def _without_guards(*args, original=simplify._taken_out):
    found = original(*args)
    for statement in found:
        if isinstance(statement, simplify.Load):
            statement.guards = ()
    return found


def _sweeps_forward(self, s, block, original=sweep.Sweep._bounds):
    bounds, is_number = original(self, s, block)
    if bounds[2] == sweep.Const(-1) and s not in self.loops.selected and not is_number:
        return tuple(map(self.at, s.bounds)), False
    return bounds, is_number


MUTANTS = {
    "every array is final": (Memory, "is_final", lambda *args: True),
    "work arrays are always covered": (fusion, "_covers", lambda *args: True),
    "loads taken out of loops without guard": (simplify, "_taken_out", _without_guards),
    "stores do not clear adjoints": (sweep.Sweep, "_Store", _keeps_adjoints_of_stores),
    "what follows counts as linear": (fusion, "_is_linear", lambda *args: True),
    "what is carried counts as a sum": (fusion, "is_sum", lambda *args: True),
    "iterations always store apart": (fusion, "tells_iterations_apart", lambda *args: True),
    "memory that a late loop shares is overlooked": (fusion, "_touched", lambda *args: set()),
    "rows of inner loops are overlooked": (storage, "is_covered", lambda *args: False),
    "swaps one after the other": (printer.Printer, "_copies", _one_after_the_other),
    "loops are swept forward": (sweep.Sweep, "_bounds", _sweeps_forward),
    "any order of iterations will do": (plan, "is_unordered", lambda *args: True),
    "other names of arrays are overlooked": (engine, "refuse_shared", lambda *args: None),
    "every store is the first": (sweep, "is_first", lambda *args: True),
    "nobody reads what is cleared": (zeroing, "arrays_at", lambda *args: ()),
    "stores never overlap what they store": (elementwise, "overlaps", lambda *args: False),
    "what a branch does not add to starts anew": (Variables, "merge", _starts_anew),
    "values that live at once share a name": (coalescing.Variable, "meets", lambda *args: False),
    "products may pass stores": (optimistic._Stretch, "takes", _passes_stores),
    "integers do not go back": (restoration.Restoration, "_stepped_back", lambda self, found, change: found),
}


@pytest.fixture(scope="module")
def population():
    return drawn(FOR_MUTANTS)


@pytest.mark.battery
@pytest.mark.parametrize("name", MUTANTS)
def test_faults_are_found(name, population, monkeypatch):
    owner, attribute, mutant = MUTANTS[name]
    assert getattr(owner, attribute) is not mutant
    assert not any(is_wrong(program, expected) for program, expected in population[:50])
    monkeypatch.setattr(owner, attribute, mutant)
    assert any(is_wrong(program, expected) for program, expected in population)


def is_wrong(program, expected):
    """Whether an adjoint is not what it should be; a refusal is no fault."""
    function, args = program.functions()["program"], program.arguments()
    try:
        engine.adjoint(function, [typeof(arg) for arg in args], differentiated(args), engine.whole)
    except NotTransformable:
        return False
    try:
        check(function, args, None, (engine.SWITCHES,), expected)
    except Exception:
        return True
    return False
