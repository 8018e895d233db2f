from __future__ import annotations

import json
import math
from html.parser import HTMLParser

import numpy as np
import pytest

from dualad import check_derivatives
from dualad.check import Entry, WrongDerivativeError

X = np.array([1.0, 2.0])


def squares(x):
    return np.sum(x**2)


def failing(x):
    raise ZeroDivisionError("no")


RIGHT = check_derivatives(squares, X, jac=lambda x: 2 * x)
WRONG = check_derivatives(squares, X, jac=lambda x: [2 * x[0], math.nan], hess=lambda x: 2 * np.eye(2))
RAISED = check_derivatives(failing, X, jac=lambda x: x)
MISSHAPEN = check_derivatives(squares, X, jac=lambda x: "<b>")
KINKED = check_derivatives(lambda x: np.sum(abs(x)), np.zeros(1), jac=lambda x: x)
REPORTS = [RIGHT, WRONG, RAISED, MISSHAPEN, KINKED]


@pytest.mark.parametrize(
    ("report", "line"),
    [
        (RIGHT, "<Report squares: right; order 1; jac; relative errors up to 0>"),
        (WRONG, "<Report squares: WRONG; order 1 jac: df/dx[1] = nan, reference 4 ± 4e-15>"),
        (
            RAISED,
            "<Report failing: FAILED; the function raises ZeroDivisionError at this point: no>",
        ),
        (MISSHAPEN, "<Report squares: FAILED; order 1 jac: jac's result must hold real numbers, not str>"),
    ],
)
def test_one_line(report, line):
    assert repr(report) == line


def test_raising():
    assert RIGHT.raise_if_failed() is RIGHT
    for report in (WRONG, RAISED, MISSHAPEN):
        with pytest.raises(WrongDerivativeError) as caught:
            report.raise_if_failed()
        assert caught.value.report is report


@pytest.mark.parametrize("report", REPORTS)
def test_reports_fit_in_json(report):
    plain = json.loads(json.dumps(report.as_dict(), allow_nan=False))
    assert plain["ok"] is report.ok
    assert [c["mode"] for c in plain["comparisons"]] == [c.mode for c in report.comparisons]


def test_numbers_that_are_not_finite_in_json():
    [entry] = WRONG.as_dict()["comparisons"][0]["wrong"]
    assert (entry["index"], entry["value"], entry["relative"]) == ([1], "nan", "inf")


class Balance(HTMLParser):
    """Fails on a tag that is not closed in order."""

    def __init__(self):
        super().__init__()
        self.open, self.text = [], []

    def handle_starttag(self, tag, attrs):
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


@pytest.mark.parametrize("report", REPORTS)
def test_html_holds_what_the_text_says(report):
    parser = Balance()
    parser.feed(report._repr_html_())
    parser.close()
    assert not parser.open
    assert parser.text[0] == str(report).splitlines()[0]
    said = " ".join(parser.text)
    for comparison in report.comparisons:
        assert comparison.failure in said
        assert all(str(entry) in said for entry in comparison.wrong[:3])
        assert all(hint in said for hint in comparison.hints)


@pytest.mark.parametrize(
    ("value", "reference", "absolute", "relative"),
    [
        (2.0, 4.0, 2.0, 0.5),
        (0.0, 0.0, 0.0, 0.0),
        (math.inf, math.inf, 0.0, 0.0),
        (math.inf, 1.0, math.inf, math.inf),
        (1.0, 0.0, 1.0, 1.0),
    ],
)
def test_errors_of_an_entry(value, reference, absolute, relative):
    entry = Entry("df/dx", (), value, reference, 0.0)
    assert (entry.absolute, entry.relative) == (absolute, relative)
