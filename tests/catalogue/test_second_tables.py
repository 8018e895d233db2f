"""What is known of functions and ops stands in the catalogue and in the rules, and in no second table."""

import ast
from pathlib import Path

import numpy as np
import pytest

import dualad
from dualad.catalogue import rows
from dualad.names import named
from dualad.rules import table
from dualad.rules.arrays.table import rules

ROOT = Path(dualad.__file__).parent
OWNERS = ("catalogue", "rules")
NAMES = {one.name for one in (*table(), *rules())} | {function.__name__ for function, _ in rows()}
NAMES |= {name for name in dir(np.ndarray) if not name.startswith("_")}

# Lists of other things that are called alike.
OTHERS = {
    "('float', 'single', 'int', 'bool', 'other')": "kinds of numbers",
    "{'mean': 0.0, 'std': 1.0}": "parameters of a distribution",
    "('isinstance', 'hasattr')": "conditions that Numba decides, by their syntax",
}


def full_name(node):
    """The dotted name of an expression that is one, with np for numpy; else None."""
    if isinstance(node, ast.Name):
        return {"np": "numpy"}.get(node.id, node.id)
    owner = full_name(node.value) if isinstance(node, ast.Attribute) else None
    return owner and f"{owner}.{node.attr}"


def is_known(node):
    """Whether an item is a function of NumPy, or the name of one, of a method, an op or a rule."""
    if isinstance(node, ast.Constant):
        return node.value in NAMES
    name = full_name(node)
    thing = named(name) if name and name.startswith("numpy.") else None
    return callable(thing) and not isinstance(thing, type)


def items(node):
    """What is listed by a display, by the keys of one, or by a string of nothing but names."""
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return node.elts
    if isinstance(node, ast.Dict):
        return [key for key in node.keys if key is not None]
    words = node.value.split() if isinstance(node, ast.Constant) and isinstance(node.value, str) else []
    return [ast.Constant(word) for word in words] if NAMES.issuperset(words) else []


def tables(tree):
    """What lists two functions or names, or more, and not more other things; and of what it is part."""
    for part in tree.body:
        targets = getattr(part, "targets", None) or [getattr(part, "target", part)]
        owner = getattr(targets[0], "id", getattr(part, "name", ""))
        for node in ast.walk(part):
            listed = items(node)
            known = sum(map(is_known, listed))
            if known >= 2 and known >= len(listed) / 2:
                yield owner, ast.unparse(node)


def second_tables(root):
    """By file and what in it they are part of."""
    for path in sorted(root.rglob("*.py")):
        where = path.relative_to(root)
        if where.parts[0] not in OWNERS:
            for owner, text in tables(ast.parse(path.read_text(encoding="utf-8"))):
                if text not in OTHERS:
                    yield where.as_posix(), owner


def test_there_is_no_second_table():
    assert list(second_tables(ROOT)) == []


@pytest.mark.parametrize(
    "planted",
    [
        "FRESH = (np.tile, np.vstack)",
        "FRESH = [np.vstack, np.linalg.solve, other]",
        "FRESH = frozenset({'vstack', 'hstack'})",
        "CHEAP: frozenset[str] = frozenset('add mul neg'.split())",
        "CODE = {'sin': 1, 'cos': 2}",
        "TYPES = {np.linalg.det: number, np.linalg.inv: matrix}",
        "OWN = {'fill', 'reshape'}",
        "def is_cheap(op):\n    return op.name in ('add', 'sub')",
    ],
)
def test_planted_tables_are_found(planted, tmp_path):
    (tmp_path / "compiler").mkdir()
    (tmp_path / "compiler" / "planted.py").write_text(f"import numpy as np\n\n{planted}\n")
    [(where, _)] = second_tables(tmp_path)
    assert where == "compiler/planted.py"


@pytest.mark.parametrize(
    "code",
    [
        "KINDS = (np.float32, np.float64)",
        "@handles(np.eye, np.identity)\ndef eye(context, n): pass",
        "reason = 'the size of an array'",
        "x = (np.sum(a), np.max(a))",
    ],
)
def test_what_is_no_table(code):
    assert not list(tables(ast.parse(code)))
