"""How modules depend on each other; imports inside functions and those for type checkers count too."""

import ast
from pathlib import Path

import numba
import pytest

import dualad
from dualad import numba_api
from dualad.errors import IncompatibleNumbaError

ROOT = Path(dualad.__file__).parent


def modules():
    """The files of the package, by the names of their modules."""
    files = {}
    for path in ROOT.rglob("*.py"):
        parts = path.relative_to(ROOT.parent).with_suffix("").parts
        files[".".join(parts[:-1] if path.stem == "__init__" else parts)] = path
    return files


def imports(name, path):
    """The absolute names that a module imports, with those of what it takes from them."""
    package = name.split(".") if path.stem == "__init__" else name.split(".")[:-1]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else []
            whole = ".".join([*start, *([node.module] if node.module else [])])
            yield from (f"{whole}.{alias.name}" for alias in node.names)


def graph():
    """The modules that each module imports; another name is one of the module or package before it."""
    files = modules()
    found = {}
    for name, path in files.items():
        named = (one if one in files else one.rpartition(".")[0] for one in imports(name, path))
        found[name] = {one for one in named if one in files and one != name}
    return found


def reachable(edges, start):
    seen, waiting = set(), [start]
    while waiting:
        new = edges[waiting.pop()] - seen
        seen |= new
        waiting += new
    return seen


def circles(edges):
    """The largest sets of modules each of which leads to all others."""
    reached = {name: reachable(edges, name) for name in edges}
    together = (frozenset(b for b in reached[a] if a in reached[b]) for a in edges)
    return {circle for circle in together if circle}


def test_circles_are_found():
    edges = {"a": {"b"}, "b": {"c"}, "c": {"b", "d"}, "d": {"e"}, "e": {"d"}, "f": {"a"}}
    assert circles(edges) == {frozenset("bc"), frozenset("de")}


def test_no_modules_import_each_other():
    assert not circles(graph())


@pytest.mark.parametrize("package", ["catalogue", "rules"])
def test_what_is_known_of_functions_stands_on_nothing_that_compiles(package):
    known = ("catalogue", "errors", "names", "registry", "rules")
    found = {
        (name, imported)
        for name, path in modules().items()
        if name.startswith(f"dualad.{package}")
        for imported in imports(name, path)
        if imported.startswith(("numba", "llvmlite"))
        or (imported.startswith("dualad.") and imported.split(".")[1] not in known)
    }
    assert not found


# -- the door to Numba ----------------------------------------------------------------------------

# Modules and names that may be imported anywhere, by where they are documented.
REFERENCE = "Numba's reference manual"
GUIDE = "Numba's guide to extending it"
LLVMLITE = "llvmlite's user guide"
DOCUMENTED = {
    "llvmlite.binding": LLVMLITE,
    "llvmlite.ir": LLVMLITE,
    "numba.core.errors": "Numba's manual on its exceptions, which users see",
    "numba.extending": GUIDE,
    "numba.guvectorize": REFERENCE,
    "numba.jit": REFERENCE,
    "numba.njit": REFERENCE,
    "numba.prange": REFERENCE,
    "numba.typed": REFERENCE,
    "numba.typeof": REFERENCE,
    "numba.types": REFERENCE,
    "numba.vectorize": REFERENCE,
}
VERSIONS = {"llvmlite", "numba"}  # imported for their versions
# Private by their names only: of named tuples, of Python, of the structs of the guide to extending Numba.
PUBLIC = {
    "_field_defaults",
    "_fields",
    "_make",
    "_getframe",
    "_getlines_from_code",
    "_initializing",
    "_getvalue",
}


def is_documented(name):
    return name in VERSIONS or any(name == known or name.startswith(f"{known}.") for known in DOCUMENTED)


def behind_the_door():
    return [(name, path) for name, path in modules().items() if name != numba_api.__name__]


def test_private_names_of_numba_are_imported_in_one_place():
    found = {
        (name, imported)
        for name, path in behind_the_door()
        for imported in imports(name, path)
        if imported.partition(".")[0] in VERSIONS and not is_documented(imported)
    }
    assert not found


def private_attributes(tree):
    """The names of private attributes of other things than ``self``, also of those asked for by name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            if not (isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")):
                yield node.attr
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("getattr", "hasattr", "setattr"):
            yield from [node.args[1].value] if isinstance(node.args[1], ast.Constant) else []


def defined(tree):
    """The names of attributes that classes and modules of ours have."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield from [node.attr] if isinstance(node.value, ast.Name) and node.value.id == "self" else []


def test_private_attributes_of_numba_are_used_in_one_place():
    trees = {name: ast.parse(path.read_text()) for name, path in behind_the_door()}
    ours = {attribute for tree in trees.values() for attribute in defined(tree)} | PUBLIC
    found = {
        (name, attribute)
        for name, tree in trees.items()
        for attribute in private_attributes(tree)
        if attribute.startswith("_") and not attribute.startswith("__") and attribute not in ours
    }
    assert not found


def test_attributes_that_numba_does_not_have_are_not_assigned():
    class Renamed:
        pass

    with pytest.raises(
        IncompatibleNumbaError, match=rf"Numba {numba.__version__}: .*Renamed.* has no _cache"
    ):
        numba_api.keep_on_disk(Renamed(), None)


@pytest.mark.parametrize(
    ("table", "owner"),
    [
        ("OVERRIDDEN", numba.njit),
        ("NEEDED", numba.njit),
        ("NAMED", (numba, "njit")),
        ("NAMED", (numba, "gone")),
    ],
)
def test_renamed_names_are_missed_at_import(monkeypatch, table, owner):
    monkeypatch.setitem(getattr(numba_api, table), owner, "renamed")
    with pytest.raises(IncompatibleNumbaError, match=r"(has no|does not name) renamed"):
        numba_api.check()
    assert issubclass(IncompatibleNumbaError, ImportError)
