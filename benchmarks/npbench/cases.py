"""Cases of the survey from a checkout of NPBench (github.com/spcl/npbench), which the environment names.

A. Ziogas et al., NPBench: A Benchmarking Suite for High-Performance NumPy, ICS 2021. Nothing of it is copied:
its descriptions (``bench_info/*.json``) say how the arguments of its Numba kernels are made.
"""

from __future__ import annotations

import json
import linecache
import os
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numba import njit

from ..survey.case import Case

CHECKOUT, PRESET = "NPBENCH_CHECKOUT", "NPBENCH_PRESET"


def __getattr__(name: str) -> Any:
    """CASES is read from the checkout when it is asked for."""
    if name == "CASES":
        return _cases(os.environ[CHECKOUT], os.environ.get(PRESET, "S"))
    raise AttributeError(name)


@cache
def _cases(checkout: str, preset: str) -> Sequence[Case]:
    root = Path(checkout)
    described = [json.loads(path.read_text())["benchmark"] for path in sorted(root.glob("bench_info/*.json"))]
    return tuple(Kernel(root, one, preset) for one in described if _has_numbers(one))


def _has_numbers(described: dict) -> bool:
    """Whether the arguments or results of a kernel are floats, by what the suite says of it."""
    return described["short_name"] not in INTEGERS


# Kernels of integers: a checksum, shortest paths and an alignment.
INTEGERS = ("crc16", "floydwar", "nussinov")


class Kernel(Case):
    """A kernel as a function that gives the sum of all floats that it makes."""

    def __init__(self, root: Path, described: dict, preset: str) -> None:
        folder = root / "npbench" / "benchmarks" / described["relative_path"]
        module = described["module_name"]
        self.__dict__.update(folder=folder, described=described)
        arguments = _arguments(folder / f"{module}.py", described, preset)
        argnums = tuple(n for n, value in enumerate(arguments()) if _is_float(value))
        name = f"npbench.{described['short_name']}:{described['func_name']}"
        super().__init__(name, arguments, argnums, both=False)  # the tape of large arrays takes long

    def function(self) -> Any:
        """Import the kernel; jit the sum around it."""
        found = _module(self.folder / f"{self.described['module_name']}_numba_n.py")
        return summed(getattr(found, self.described["func_name"]), self.described, self.arguments)


def _arguments(file: Path, described: dict, preset: str) -> Callable[[], tuple]:
    """Makes the arguments of a kernel: sizes, and what the suite's own function makes of them."""
    sizes = described["parameters"][preset]
    init = described.get("init")

    def make() -> tuple:
        known = dict(sizes)
        if init:
            made = getattr(_module(file), init["func_name"])(*(known[name] for name in init["input_args"]))
            names = init["output_args"]
            known.update(zip(names, made if len(names) > 1 else (made,), strict=True))
        return tuple(known[name] for name in described["input_args"])

    return make


def summed(kernel: Any, described: dict, arguments: Callable[[], tuple]) -> Any:
    """A jitted function that calls the kernel and adds up its results and the arrays that it changes.

    It gives the kernel copies of those, so that every call does the same.
    """
    names = described["input_args"]
    given = arguments()
    before = [np.array(value, copy=True) for value in given]
    result = kernel(*given)
    changed = [
        name
        for name, value, old in zip(names, given, before, strict=True)
        if isinstance(value, np.ndarray) and not np.array_equal(value, old)
    ]
    of = dict(zip(names, given, strict=True))
    terms = [*_sums(result, "result"), *(f"np.sum({name})" for name in changed if _is_float(of[name]))]
    lines = [
        f"def summed({', '.join(names)}):",
        *(f"    {name} = {name}.copy()" for name in changed),
        f"    result = kernel({', '.join(names)})",
        f"    return {' + '.join(terms)}",
    ]
    text = "\n".join(lines) + "\n"
    file = f"<sum of {described['short_name']}>"
    linecache.cache[file] = (len(text), None, text.splitlines(True), file)
    scope = {"np": np, "kernel": kernel}
    exec(compile(text, file, "exec"), scope)
    return njit(scope["summed"])


def _sums(result: Any, name: str) -> Iterator[str]:
    """Expressions of the sums of the floats in a result."""
    if isinstance(result, tuple):
        for n, item in enumerate(result):
            yield from _sums(item, f"{name}[{n}]")
    elif isinstance(result, np.ndarray):
        if _is_float(result):
            yield f"np.sum({name})"
    elif _is_float(result):
        yield name


def _is_float(value: Any) -> bool:
    return np.asarray(value).dtype.kind == "f"


@cache
def _module(file: Path) -> ModuleType:
    """A module of the checkout, without the packages around it, which import every framework."""
    spec = spec_from_file_location(f"npbench_{file.stem}", file)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
