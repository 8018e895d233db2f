"""What is known of functions and ops stands in the catalogue and in the rules, and in no second table.

A table may be a display, a string of names, or a chain of comparisons.
"""

import ast
import builtins
from collections import defaultdict
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
RULES = {one.name for one in (*table(), *rules())}
NAMES = RULES | {function.__name__ for function, _ in rows()}
NAMES |= {name for name in dir(np.ndarray) if not name.startswith("_")}
MODULES = ("numpy", "operator", "math", "builtins")

# Lists of other things that are called alike.
OTHERS = {
    "('float', 'single', 'int', 'bool', 'other')": "kinds of numbers",
    "{'float64': FLOAT, 'float32': SINGLE, 'int64': INT, 'bool': BOOL, **{n: n for n in WIDTHS}}": "dtypes",
    "(operator.eq, operator.ne)": "comparisons of tuples, item by item",
    "(operator.lt, operator.le, operator.gt, operator.ge)": "likewise, by the first items that differ",
    "(operator.is_, operator.is_not)": "comparisons with None, which Numba decides by types",
    "{'mean': 0.0, 'std': 1.0}": "parameters of a distribution",
    "('full', 'random')": "choices of directions",
    "('isinstance', 'hasattr')": "conditions that Numba decides, by their syntax",
}


# How Python spells its operators, and what distributions are called on the command line.
SYNTAX = {
    ("adjoints/emit/expressions.py", "INFIX"),
    ("adjoints/emit/expressions.py", "PREFIX"),
    ("check/function/points.py", "_DISTRIBUTIONS"),
}


def full_name(node):
    """The dotted name of an expression that is one, with np for numpy; else None."""
    if isinstance(node, ast.Name):
        return {"np": "numpy"}.get(node.id, f"builtins.{node.id}" if hasattr(builtins, node.id) else node.id)
    owner = full_name(node.value) if isinstance(node, ast.Attribute) else None
    return owner and f"{owner}.{node.attr}"


def is_known(node):
    """Whether an item is a function of NumPy or Python, or the name of one, of a method, an op or a rule."""
    if isinstance(node, ast.Constant):
        return node.value in NAMES
    name = full_name(node)
    thing = named(name) if name and name.partition(".")[0] in MODULES else None
    return callable(thing) and not isinstance(thing, type)


def items(node):
    """What is listed by a display, by the keys of one, or by a string of nothing but names."""
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return node.elts
    if isinstance(node, ast.Dict):
        return [key for key in node.keys if key is not None]
    words = node.value.split() if isinstance(node, ast.Constant) and isinstance(node.value, str) else []
    return [ast.Constant(word) for word in words] if NAMES.issuperset(words) else []


def compared(node):
    """What a statement or expression compares, with what."""
    if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Is | ast.IsNot | ast.Eq | ast.NotEq):
        yield ast.unparse(node.left), node.comparators[0]
    if isinstance(node, ast.Match):
        for case in node.cases:
            patterns = getattr(case.pattern, "patterns", [case.pattern])
            values = (pattern.value for pattern in patterns if isinstance(pattern, ast.MatchValue))
            yield from ((ast.unparse(node.subject), value) for value in values)


def chains(scope):
    """What is compared in one function with two functions or names, or more; a name, with that of an op."""
    found = defaultdict(set)
    for node in ast.walk(scope):
        for subject, other in compared(node):
            if is_known(other):
                found[subject].add(other.value if isinstance(other, ast.Constant) else ast.unparse(other))
    for subject, others in found.items():
        if len(others) >= 2 or ("name" in subject and others & RULES):
            yield f"{subject}: {', '.join(sorted(others))}"


def tables(tree):
    """What lists two functions or names, or more, and not more other things; and of what it is part."""
    for part in tree.body:
        targets = getattr(part, "targets", None) or [getattr(part, "target", part)]
        owner = getattr(targets[0], "id", getattr(part, "name", ""))
        for scope in part.body if isinstance(part, ast.ClassDef) else [part]:
            yield from ((owner, text) for text in chains(scope))
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
                if text not in OTHERS and (where.as_posix(), owner) not in SYNTAX:
                    yield where.as_posix(), owner, text


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
        "def is_cheap(op):\n    return op.name == 'add'",
        "def absorbs(function):\n    return function.__name__ == 'absorbing'",
        "HARMLESS = frozenset((operator.add, abs))",
        "SIGNS = {operator.add: 1, operator.sub: -1}",
        "def sign(made):\n    return made.function is operator.add or -(made.function is np.subtract)",
        "def sign(f):\n    if f is max:\n        return 1\n    return f is not min",
        "def cost(name):\n    match name:\n        case 'exp' | 'log':\n            return 9",
        "class Reader:\n    def read(self, name):\n        return 0 if name == 'shape' else name == 'ravel'",
    ],
)
def test_planted_tables_are_found(planted, tmp_path):
    (tmp_path / "compiler").mkdir()
    (tmp_path / "compiler" / "planted.py").write_text(f"import numpy as np\n\n{planted}\n")
    [(where, *_)] = second_tables(tmp_path)
    assert where == "compiler/planted.py"


@pytest.mark.parametrize(
    "code",
    [
        "KINDS = (np.float32, np.float64)",
        "@handles(np.eye, np.identity)\ndef eye(context, n): pass",
        "reason = 'the size of an array'",
        "x = (np.sum(a), np.max(a))",
        "def f(a):\n    return a.function is np.where",
        "def f(name):\n    return name == 'of_no_op' or name == 'neither'",
        "class A:\n    def f(self, x): return x is np.where\n    def g(self, x): return x is np.sum",
    ],
)
def test_what_is_no_table(code):
    assert not list(tables(ast.parse(code)))
