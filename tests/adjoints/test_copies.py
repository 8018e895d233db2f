"""Lines that only copy an adjoint are left out where both names mean the same."""

from __future__ import annotations

from dualad.adjoints.emit.lines import Line, Nest, line, printed
from dualad.adjoints.reverse.copies import without_copies


def assigned(target, *pieces):
    return Line((target, " = ", *pieces), target, assigns=True)


def added(target, *pieces):
    return Line((target, " += ", *pieces), target)


def text(lines, *results):
    return printed(without_copies(lines, results), 0)


def test_copies_of_copies():
    lines = [assigned("a_b", "s_b[i]"), assigned("b_b", "a_b"), assigned("c_b", "b_b"), line("x_b[i] += c_b")]
    assert text(lines) == ["a_b = s_b[i]", "x_b[i] += a_b"]


def test_what_is_added_to_stays():
    lines = [assigned("a_b", "2.0 * s"), assigned("b_b", "a_b"), added("a_b", "t"), line("x_b[i] += b_b")]
    assert len(text(lines)) == 4
    lines = [assigned("a_b", "2.0 * s"), assigned("b_b", "a_b"), added("b_b", "t"), line("x_b[i] += a_b")]
    assert len(text(lines)) == 4


def test_what_a_loop_changes_stays():
    body = [assigned("a_b", "a_bar"), line("x_b[i] += a_b"), line("a_bar = 0.5 * a_b")]
    lines = [line("a_bar = seed"), Nest(("for i in range(n)",), body)]
    assert "    a_b = a_bar" in text(lines)


def test_results_keep_their_names():
    lines = [assigned("a_b", "2.0 * seed"), assigned("b_b", "a_b")]
    assert text(lines, "b_b") == ["a_b = 2.0 * seed", "b_b = a_b"]
    assert text(lines) == ["a_b = 2.0 * seed"]


def test_names_in_heads_and_plain_products():
    product = Line(("c_b", " = ", "weighted(b_b, t)"), "c_b", True, ("c_b", " = ", "b_b * t"))
    lines = [
        assigned("a_b", "2.0 * seed"), assigned("b_b", "a_b"), Nest(("if b_b > 0.0",), [product]),
    ]  # fmt: skip
    found = without_copies(lines, ())
    assert printed(found, 0) == ["a_b = 2.0 * seed", "if a_b > 0.0:", "    c_b = weighted(a_b, t)"]
    assert found[1].body[0].plain == ("c_b", " = ", "a_b * t")
