"""The rows of the catalogue."""

import math
import operator

import numpy as np
import pytest

from dualad.adjoints.library import handlers
from dualad.adjoints.library.definitions import DEFINED
from dualad.catalogue import Category, Sharing, method, resolve, rows, stated
from dualad.catalogue.table import enter
from dualad.compiler.passes.creation import replacement


def test_a_function_is_entered_once():
    with pytest.raises(ValueError, match="twice"):
        enter(Category.PASSIVE, "vstack")


def test_no_category_is_stated_of_a_function_that_has_a_rule():
    """It would be one that the rule has replaced."""
    ruled = [function for function, row in rows() if resolve(function).rule is not None]
    assert {row.category for function, row in rows() if function in ruled} == {Category.UNKNOWN}


def test_what_creates_arrays_has_a_replacement():
    creating = {function for function, row in rows() if row.category is Category.CREATION}
    assert creating
    assert all(map(replacement, creating))
    assert not any(map(replacement, {function for function, _ in rows()} - creating))


def test_what_adjoints_know_of_numpy_is_in_the_catalogue():
    known = [f for f in (*handlers.HANDLERS, *DEFINED) if str(f.__module__).startswith("numpy")]
    assert len(known) > 40
    assert [f for f in known if resolve(f).category is Category.UNKNOWN] == []


def test_ops_and_rules_are_found_where_they_are():
    assert resolve(math.sin).category is Category.OP
    assert resolve(np.sin).op.name == "sin"
    assert resolve(np.floor).result is Sharing.PASSIVE
    assert resolve(np.linalg.solve).category is Category.RULE
    assert resolve(np.dot).writes == (2,)
    assert resolve(np.nan_to_num).category is Category.RECOMPILED
    assert resolve(np.nan_to_num).op.name == "nan_to_num"


def test_kinds_of_functions():
    assert resolve(np.random.gamma).category is Category.DRAW
    assert resolve(np.random.permutation).category is Category.MOVING
    assert resolve(np.complex64).category is Category.UNKNOWN


@pytest.mark.parametrize("stranger", [None, [], {}, np.ones(2), object(), len.__call__])
def test_strangers(stranger):
    assert resolve(stranger).category is Category.UNKNOWN


def test_methods():
    assert method("sum").result is Sharing.FRESH
    assert method("sort").writes == (0,)
    assert method("reshape").result is Sharing.VIEW
    assert not method("reshape").writes
    assert method("of_no_array").writes == (0,)  # it may do anything


def stating(fact):
    found = [function for function, row in rows() if getattr(row, fact)]
    found.sort(key=lambda function: (str(function.__module__), function.__name__))  # workers collect alike
    assert found
    return pytest.mark.parametrize("function", found, ids=lambda function: function.__name__)


def arguments(function, *numbers):
    """As many as it takes."""
    op = resolve(function).op
    arity = op.arity if op is not None else 1 + (function is not operator.invert)
    return numbers[:arity]


@stating("integral")
def test_integers_for_integers(function):
    assert isinstance(function(*arguments(function, 5, 2)), int | np.integer)


@stating("logical")
def test_truth_values_for_truth_values(function):
    found = np.bitwise_not(np.bool_(True)) if function is operator.invert else function(True, False)
    assert isinstance(found, bool | np.bool_)


@stating("static")
def test_what_is_computed_from_constants_is_of_python(function):
    assert function.__module__ in ("_operator", "builtins")
    assert isinstance(function(*arguments(function, 5, 2)), int | float)


@stating("raises")
def test_what_raises_for_zeros(function):
    for zero, message in zip((0.0, 0), stated(function).raises, strict=True):
        assert message
        with pytest.raises(ZeroDivisionError):
            function(zero, -1 if resolve(function).op.exponent else zero)
