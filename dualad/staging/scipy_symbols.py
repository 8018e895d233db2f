"""SciPy's compiled special functions, called from compiled code.

The code holds their names, not addresses, and finds them when it first runs. So it may be cached on disk and
run in a process in which nothing was compiled, whether dualad has been imported there or not.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from llvmlite import ir

_MODULE = "scipy.special.cython_special"
_POINTER = ir.IntType(8).as_pointer()
_DOUBLE, _INT = ir.DoubleType(), ir.IntType(32)


@cache
def exported_name(name: str, arity: int) -> str:
    """The symbol under which SciPy exports the real function `name`: of several loops that of doubles."""
    from scipy.special import cython_special

    wanted = '"double (' + ", ".join(["double"] * arity) + ", int"
    for symbol in (name, f"__pyx_fuse_0{name}", f"__pyx_fuse_1{name}"):
        if wanted in repr(cython_special.__pyx_capi__.get(symbol)):
            return symbol
    raise LookupError(f"scipy.special exports no function {name!r} of {arity} doubles")


def call(builder: Any, name: str, arguments: Any) -> Any:
    """Append a call of the function `name` on doubles."""
    return builder.call(_function(builder.module, name, len(arguments)), arguments)


def _function(module: Any, name: str, arity: int) -> Any:
    """A function of the module that looks up SciPy's at its first call and hands on to it."""
    full_name = f"dualad.scipy.special.{name}"
    if full_name in module.globals:
        return module.globals[full_name]
    function = ir.Function(module, ir.FunctionType(_DOUBLE, [_DOUBLE] * arity), full_name)
    function.linkage = "linkonce_odr"
    known = ir.GlobalVariable(module, _POINTER, full_name + ".address")
    known.linkage, known.initializer = "linkonce_odr", ir.Constant(_POINTER, None)
    builder = ir.IRBuilder(function.append_basic_block("entry"))
    first, ready, lost = (function.append_basic_block(n) for n in ("first", "ready", "lost"))
    start, null = builder.block, ir.Constant(_POINTER, None)
    address = builder.load_atomic(known, "monotonic", 8)
    builder.cbranch(builder.icmp_unsigned("!=", address, null), ready, first)
    builder.position_at_end(first)
    found = _look_up(builder, exported_name(name, arity))
    after = builder.block
    builder.store_atomic(found, known, "monotonic", 8)
    builder.cbranch(builder.icmp_unsigned("!=", found, null), ready, lost)
    builder.position_at_end(ready)
    pointer = builder.phi(_POINTER)
    pointer.add_incoming(address, start)
    pointer.add_incoming(found, after)
    # The last argument is Cython's "skip dispatch".
    signature = ir.FunctionType(_DOUBLE, [_DOUBLE] * arity + [_INT])
    target = builder.bitcast(pointer, signature.as_pointer())
    builder.ret(builder.call(target, [*function.args, ir.Constant(_INT, 0)]))
    builder.position_at_end(lost)
    builder.ret(ir.Constant(_DOUBLE, float("nan")))
    return function


def _look_up(builder: Any, symbol: str) -> Any:
    """The address, from the table that Cython keeps for other modules; null, with a message, if lost."""
    state = _python(builder, "PyGILState_Ensure", _INT)
    module = _python(builder, "PyImport_ImportModule", _POINTER, _text(builder, _MODULE))
    table = _unless_null(builder, "PyObject_GetAttrString", module, _text(builder, "__pyx_capi__"))
    capsule = _unless_null(builder, "PyMapping_GetItemString", table, _text(builder, symbol))
    name = _unless_null(builder, "PyCapsule_GetName", capsule)
    address = _unless_null(builder, "PyCapsule_GetPointer", capsule, name)
    for owned in (module, table, capsule):
        _python(builder, "Py_DecRef", ir.VoidType(), owned)  # null is fine
    missing = builder.icmp_unsigned("==", address, ir.Constant(_POINTER, None))
    with builder.if_then(missing, likely=False):
        _python(builder, "PyErr_WriteUnraisable", ir.VoidType(), ir.Constant(_POINTER, None))
    _python(builder, "PyGILState_Release", ir.VoidType(), state)
    return address


def _unless_null(builder: Any, function: str, *arguments: Any) -> Any:
    """Call a function of Python's, or hand on null if the first argument is."""
    before = builder.block
    with builder.if_then(builder.icmp_unsigned("!=", arguments[0], ir.Constant(_POINTER, None)), likely=True):
        result = _python(builder, function, _POINTER, *arguments)
        inside = builder.block
    chosen = builder.phi(_POINTER)
    chosen.add_incoming(ir.Constant(_POINTER, None), before)
    chosen.add_incoming(result, inside)
    return chosen


def _python(builder: Any, name: str, returned: Any, *arguments: Any) -> Any:
    module = builder.module
    function = module.globals.get(name)
    if function is None:
        function = ir.Function(module, ir.FunctionType(returned, [a.type for a in arguments]), name)
    cast = [
        builder.bitcast(a, ty) if a.type != ty else a
        for a, ty in zip(arguments, function.function_type.args, strict=True)
    ]
    return builder.call(function, cast)


def _text(builder: Any, text: str) -> Any:
    """A pointer to a constant C string."""
    name = f"dualad.text.{text}"
    constant = builder.module.globals.get(name)
    if constant is None:
        data = bytearray(text.encode() + b"\0")
        constant = ir.GlobalVariable(builder.module, ir.ArrayType(ir.IntType(8), len(data)), name)
        constant.initializer = ir.Constant(constant.value_type, data)
        constant.linkage, constant.global_constant = "linkonce_odr", True
    return builder.bitcast(constant, _POINTER)
