"""How modules depend on each other; imports inside functions and those for type checkers count too."""

import ast
from pathlib import Path

import dualad

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
    # The adjoint of a call reverses the callee. To be taken out when that is rewritten.
    known = {frozenset({"dualad.adjoints.reverse.calls", "dualad.adjoints.reverse.reversal"})}
    assert circles(graph()) == known
