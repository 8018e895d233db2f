from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from dualad.nist import Fit, problem
from dualad.nist.report import rounding_digits, run, summary, table
from dualad.nist.study import Row, Score


def row(name, start, exact, differences, *, converged=True):
    prepared = problem(name)
    data = prepared.data
    found = Fit(data.certified, data.certified_deviations, data.rss, "lm", 7, 9, 0.0, converged)
    return Row(prepared, start, found, exact, differences)


@pytest.fixture
def rows():
    good, poor = Score(10.8, 10.6, 11.0, 2e-3), Score(7.1, 4.2, 11.0, 4e-3)
    return [row("Misra1a", 1, good, poor), row("Misra1a", 2, good, replace(poor, parameters=8.0))]


def text(item, width=80):
    console = Console(file=StringIO(), width=width)
    console.print(item)
    return console.file.getvalue()


def test_table_has_a_line_per_fit_within_80_columns(rows):
    lines = [" ".join(line.split()) for line in text(table(rows)).splitlines()]
    assert "Misra1a low 1 10.8 10.6 11.0 lm 7 2.0 7.1 4.2 4.0" in lines
    assert "2 10.8 10.6 11.0 lm 7 2.0 8.0 4.2 4.0" in lines
    assert "…" not in text(table(rows))


def test_summary_counts_and_names_what_falls_short(rows):
    assert summary(rows) == [
        "Exact derivatives, parameters: 2 of 2 fits reach 8 digits.",
        "Exact derivatives, standard deviations: 2 of 2 fits reach 6 digits.",
        "2-point derivatives, parameters: 1 of 2 fits reach 8 digits; below: Misra1a/1 7.1.",
        "2-point derivatives, standard deviations: 0 of 2 fits reach 6 digits; "
        "below: Misra1a/1 4.2, Misra1a/2 4.2.",
        "Time with differences over time with exact derivatives, geometric mean: 2.00.",
    ]


def test_summary_names_fits_that_did_not_converge(rows):
    lost = Score(0.0, 0.0, 0.0, 1e-3)
    lines = summary([*rows, row("BoxBOD", 1, lost, lost, converged=False)])
    assert "Not converged with exact derivatives: BoxBOD/1." in lines
    assert lines[0] == "Exact derivatives, parameters: 2 of 3 fits reach 8 digits; below: BoxBOD/1 0.0."


def test_summary_explains_lanczos1(rows):
    score = Score(10.5, 3.0, 2.8, 1e-3)
    assert any(line.startswith("Lanczos1: residuals") for line in summary([row("Lanczos1", 2, score, score)]))


def test_digits_left_by_rounding():
    assert 2.0 < rounding_digits(problem("Lanczos1")) < 3.5
    assert rounding_digits(problem("Lanczos2")) > 9.0


def test_run_prints_progress_table_and_picture(tmp_path):
    console = Console(file=StringIO(), width=80)
    found = run(["Misra1a"], tmp_path / "new" / "folder", console)
    printed = console.file.getvalue()
    assert len(found) == 2
    assert "1/1 Misra1a" in printed
    assert "parameters: 2 of 2 fits reach 8 digits." in printed
    picture = tmp_path / "new" / "folder" / "nist-fits.png"
    assert str(picture) in printed
    assert picture.read_bytes().startswith(b"\x89PNG")
