"""The source of a function is found wherever Python or a tool keeps it, and is that of the running code."""

import __future__

import ast
import doctest
import importlib
import linecache
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import dualad as da
from dualad.adjoints.errors import NotTransformable
from dualad.adjoints.frontend.sources import tree_of

CELL = """import numpy as np
from numba import njit

@njit
def helper(x):
    return np.sum(x ** 3)

@njit
def f(x):
    return np.sqrt(helper(x)) + (lambda t: np.exp(t))(x[0])
"""


def kept(name, text):
    """Keep a text as tools do that compile code without a file."""
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)


def as_a_whole(text, name):
    return [compile(text, name, "exec", dont_inherit=True)]


def by_statements(text, name):
    parts = [ast.Module([node], []) for node in ast.parse(text).body]
    return [compile(part, name, "exec", dont_inherit=True) for part in parts]


def interactively(text, name):
    parts = [ast.Interactive([node]) for node in ast.parse(text).body]
    return [compile(part, name, "single", dont_inherit=True) for part in parts]


def with_future(text, name):
    flags = __future__.annotations.compiler_flag
    return [compile(text, name, "exec", flags, dont_inherit=True)]


def with_await(text, name):
    """A cell that awaits something elsewhere."""
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    parts = [ast.Module([node], []) for node in ast.parse(text).body if not isinstance(node, ast.Expr)]
    return [compile(part, name, "exec", flags, dont_inherit=True) for part in parts]


@pytest.mark.parametrize("compiled", [as_a_whole, by_statements, interactively, with_future, with_await])
def test_however_a_text_was_compiled(compiled):
    name = f"<cell {compiled.__name__}>"
    text = CELL + "\nscaled = lambda x: np.sum(x)\n"
    text += "\ndef typed(x):\n    def inner(t: np.float64) -> np.float64:\n        return np.cos(t)\n"
    text += "    return inner(x)\n"
    text += "await done()\n" if compiled is with_await else ""
    kept(name, text)
    scope = {"__name__": "cell"}
    for code in compiled(text, name):
        exec(code, scope)
    for function, line in (("helper", 4), ("f", 8), ("scaled", 12), ("typed", 14)):
        made = getattr(scope[function], "py_func", scope[function])
        tree = tree_of(made)
        lines = [tree.lineno, *(d.lineno for d in getattr(tree, "decorator_list", ()))]
        assert min(lines) == line


def test_class_bodies_and_inner_functions():
    name = "<cell of a class>"
    text = (
        "import numpy as np\n"
        "class Model:\n"
        "    __scale = 2.0\n"
        "    @staticmethod\n"
        "    def slope(x):\n"
        "        return np.sum(x) * Model.__scale\n"
        "def made(factor):\n"
        "    def inner(x):\n"
        "        return factor * np.sum(x)\n"
        "    return inner\n"
    )
    kept(name, text)
    scope = {"__name__": "cell"}
    for code in by_statements(text, name):
        exec(code, scope)
    assert tree_of(scope["Model"].slope).lineno == 5
    assert tree_of(scope["made"](3.0)).lineno == 8


def test_cells_that_are_bodies_of_functions():
    """As in a file of marimo, run as a script."""
    name = "<file of cells>"
    text = "def _(np):\n    import math\n    def f(x):\n        return np.exp(math.pi * x)\n    return (f,)\n"
    kept(name, text)
    body = ast.parse(text).body[0].body[:-1]
    scope = {"np": np}
    exec(compile(ast.Module(body, []), name, "exec"), scope)
    assert tree_of(scope["f"]).lineno == 3


def test_texts_are_not_warned_of_again(recwarn):
    name = "<cell with a warning>"
    text = "def f(x):\n    return x[0] * (2.0 if x is 0 else 3.0)\n"
    kept(name, text)
    scope = {}
    with pytest.warns(SyntaxWarning):
        exec(compile(text, name, "exec"), scope)
    assert tree_of(scope["f"]).lineno == 1
    assert not recwarn.list


def test_doctest_examples():
    """Doctest keeps the text of its examples while they run."""
    text = ">>> def f(x):\n...     return x[0] ** 2\n>>> found = look(f)\n"
    found = []
    example = doctest.DocTestParser().get_doctest(
        text, {"look": lambda f: found.append(tree_of(f))}, "page", None, 0
    )
    assert doctest.DocTestRunner().run(example).failed == 0
    assert found[0].name == "f"


# -- reasons are true -----------------------------------------------------------------------------


def reason(function):
    with pytest.raises(NotTransformable) as caught:
        tree_of(function)
    return str(caught.value)


def test_nothing_is_kept():
    scope = {}
    exec(compile("def f(x):\n    return x\n", "<nowhere>", "exec"), scope)  # <string> is also what -c runs
    assert reason(scope["f"]) == "the source of 'f' is not available: Python keeps no text of <nowhere>"


def test_file_is_gone(tmp_path):
    file = str(tmp_path / "gone.py")
    scope = {}
    exec(compile("def f(x):\n    return x\n", file, "exec"), scope)
    assert reason(scope["f"]) == f"the source of 'f' is not available: {file} cannot be read"


@pytest.mark.parametrize(
    "now", ["def f(x):\n    return 2 * x\n", "def f(x:\n", "def g(x):\n    return 7 * x\n", "a\0b"]
)
def test_text_is_another(now):
    name = "<cell that is another>"
    scope = {}
    exec(compile("def f(x):\n    return 7 * x\n", name, "exec"), scope)
    kept(name, now)
    assert reason(scope["f"]) == (
        "the source of 'f' is not available: nothing in <cell that is another> compiles to the code of 'f'; "
        "the file was edited after 'f' was loaded, or 'f' was compiled from something else"
    )


def test_text_moved_and_changed_elsewhere():
    name = "<cell with more before it>"
    scope = {}
    exec(compile("def f(x):\n    return 8 * x\n", name, "exec"), scope)
    kept(name, "n = 3\n\ndef f(x):\n    return 9 * x\n\ndef f(x):\n    return 8 * x\n")
    assert tree_of(scope["f"]).lineno == 6


def test_names_of_a_closure_are_compared():
    name = "<cell with another closure>"
    text = "def made(a, b):\n    def inner(x):\n        return x * a\n    return inner\n"
    scope = {}
    exec(compile(text, name, "exec"), scope)
    kept(name, text.replace("x * a", "x * b"))
    assert "compiled from something else" in reason(scope["made"](2.0, 3.0))


# -- modules that are edited ----------------------------------------------------------------------

MODULE = "import numpy as np\n\ndef h(x):\n    return {} * np.sum(x ** 2)\n"


@pytest.fixture
def module(tmp_path, monkeypatch):
    """A module, and a way to edit and reload it."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    file = tmp_path / "edited_model.py"

    def loaded(factor, older=0):
        file.write_text(MODULE.format(factor))
        if older:  # a clock too coarse for the edit
            os.utime(file, (1e9, 1e9))
        importlib.invalidate_caches()
        known = sys.modules.get("edited_model")
        return importlib.reload(known) if known else importlib.import_module("edited_model")

    yield loaded
    sys.modules.pop("edited_model", None)


@pytest.mark.parametrize("older", [0, 1])
def test_reload_of_an_edited_module(module, older):
    x = np.ones(1)
    first = module("1.0", older).h
    np.testing.assert_array_equal(da.grad(first, mode="adjoint")(x), [2.0])
    second = module("5.0", older).h
    np.testing.assert_array_equal(da.grad(second, mode="adjoint")(x), [10.0])
    # The text of the first is gone, but not what was read of it.
    np.testing.assert_array_equal(da.grad(first, mode="adjoint")(np.ones(1, np.float32)), [2.0])


def test_function_that_is_given_the_code_of_another():
    """As IPython's autoreload does with plain functions of a module that was edited."""

    def f(x):
        x[0] = x[0] * 2.0
        return x[0]

    def g(x):
        return x[0] * x[0] * x[1]

    x = np.array([3.0, 5.0])
    for mode in ("adjoint", "tape", "forward"):
        np.testing.assert_array_equal(da.grad(f, mode=mode)(x), [2.0, 0.0])
    f.__code__ = g.__code__
    for mode in ("adjoint", "tape", "forward"):
        np.testing.assert_array_equal(da.grad(f, mode=mode)(x), [30.0, 9.0])


# -- tools ----------------------------------------------------------------------------------------

SCRIPT = (
    CELL
    + """
import warnings
import dualad as da
warnings.simplefilter("error", da.TapeWarning)
print(da.grad(f)(np.array([2.0, 1.0])))
"""
)
ROOT = str(Path(da.__file__).parents[1])
RIGHT = str(np.array([2.0 + np.exp(2.0), 0.5]))


def ran(*command, stdin=None, cwd=None):
    environment = os.environ | {"PYTHONPATH": ROOT, "IPYTHONDIR": str(cwd or "")}
    result = subprocess.run(
        [sys.executable, *command], input=stdin, capture_output=True, text=True, env=environment, cwd=cwd
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


IPYTHON = """
import sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
shell.enable_html_pager = False
for cell in sys.stdin.read().split("# cell\\n"):
    result = shell.run_cell(cell, store_history=True)
    result.raise_error()
"""


def test_ipython(tmp_path):
    """Cells that import and define, that define alone, and that edit a module under autoreload."""
    (tmp_path / "edited.py").write_text(MODULE.format("1.0"))
    edited = MODULE.format("50.0")
    cells = [
        SCRIPT,
        "from __future__ import annotations\n",
        "%load_ext autoreload\n%autoreload 2\nimport sys\nsys.dont_write_bytecode = True\nimport edited\n",
        "@njit\ndef alone(x: float):\n    return np.sum(x ** 2)\nprint(da.grad(alone)(np.ones(1)))\n",
        "print(da.grad(edited.h)(np.ones(1)))\n",
        f"from pathlib import Path\n_ = Path('edited.py').write_text({edited!r})\n",
        "print(da.grad(edited.h)(np.ones(1)))\n",
    ]
    out = ran("-c", IPYTHON, stdin="# cell\n".join(cells), cwd=tmp_path)
    assert out.splitlines() == [RIGHT, "[2.]", "[2.]", "[100.]"]


@pytest.mark.battery
def test_notebook(tmp_path):
    run = (
        "import sys, nbformat.v4 as v4, nbclient\n"
        "book = v4.new_notebook(cells=[v4.new_code_cell(c) for c in sys.stdin.read().split('# cell\\n')])\n"
        "nbclient.NotebookClient(book, kernel_name='python3').execute()\n"
        "print(*(o.text for c in book.cells for o in c.outputs if o.name == 'stdout'), sep='', end='')\n"
    )
    more = "@njit\ndef alone(x):\n    return np.sum(x ** 2)\nprint(da.grad(alone)(np.ones(1)))\n"
    assert ran("-c", run, stdin=f"{SCRIPT}# cell\n{more}", cwd=tmp_path).splitlines() == [RIGHT, "[2.]"]


@pytest.mark.battery
@pytest.mark.parametrize(
    ("command", "file", "since"),
    [(("-c", SCRIPT), "<string>", (3, 13)), (("-i", "-q"), "<stdin>", (3, 13)), (("-",), "<stdin>", (9, 0))],
    ids=["-c", "-i", "-"],
)
def test_what_is_typed(command, file, since):
    """Python keeps its text since 3.13, but not that of a program from a pipe."""
    result = subprocess.run(
        [sys.executable, *command],
        input=SCRIPT,
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": ROOT},
    )
    if sys.version_info >= since:
        assert RIGHT in result.stdout
    else:
        assert f"the source of 'f' is not available: Python keeps no text of {file}" in result.stderr


@pytest.mark.battery
def test_lambdas_without_columns(tmp_path):
    """Where Python keeps no columns, lambdas on one line cannot be told apart."""
    file = tmp_path / "lambdas.py"
    file.write_text(
        "import dualad as da\n"
        "alone = lambda x: 5.0 * x\n"
        "two, three = (lambda x: 2.0 * x), (lambda x: 3.0 * x)\n"
        "print(da.grad(alone, mode='adjoint')(1.0))\n"
        "try:\n"
        "    da.grad(two, mode='adjoint')(1.0)\n"
        "except da.UnsupportedError as error:\n"
        "    print(error)\n"
    )
    assert ran("-X", "no_debug_ranges", str(file)).splitlines() == [
        "5.0",
        "'<lambda>' has no compiled adjoint: the source of '<lambda>' cannot be distinguished from others on "
        "its line",
    ]
