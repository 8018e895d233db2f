"""The comparison of SciPy's solvers: table, page and picture; no test looks at a time."""

import pytest

from benchmarks.solvers.__main__ import main
from benchmarks.suite.report import MARKS


def test_table_page_and_picture(tmp_path, capsys):
    page = tmp_path / "page.md"
    page.write_text("\n".join(MARKS))
    main(["--only", "Kepler", "--seconds", "0", "--out", str(tmp_path), "--page", str(page)])
    assert "root_scalar newton" in capsys.readouterr().out
    assert "| Kepler, e = 0.9 | root_scalar halley | 12 | 3 + 6 |" in page.read_text()
    assert (tmp_path / "solvers.png").read_bytes().startswith(b"\x89PNG")


def test_words_that_no_problem_has(capsys):
    with pytest.raises(SystemExit):
        main(["--only", "nothing"])
    assert "no problem has one of these words: nothing" in capsys.readouterr().err
