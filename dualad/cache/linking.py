"""What cached machine code requires of a process.

It is looked for before code is loaded: LLVM ends the process where it finds a symbol missing. Numba's own
preparations for compiling, which take longer than all else, are made only if need be.
"""

from __future__ import annotations

from typing import Any

from llvmlite import binding

from ..numba_api import engine_of, module_of, rtsys


def symbols(library: Any) -> list[str]:
    """Symbols that a library uses and does not define, as far as they can be looked up."""
    module, engine = module_of(library), engine_of(library.codegen)
    values = (*module.functions, *module.global_variables)
    return [value.name for value in values if value.is_declaration and _is_there(value.name, engine)]


def are_there(names: list[str], target_context: Any) -> bool:
    """Whether all symbols are known, if need be after Numba's own preparations."""
    rtsys.initialize(target_context)  # the functions by which compiled code counts references
    engine = engine_of(target_context.codegen())
    if all(_is_there(name, engine) for name in names):
        return True
    target_context.refresh()
    return all(_is_there(name, engine) for name in names)


def _is_there(name: str, engine: Any) -> bool:
    return bool(binding.address_of_symbol(name)) or engine.is_symbol_defined(name)
