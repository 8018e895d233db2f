"""The one door to Numba: its names that are private or documented nowhere, and what they are needed for.

Other modules import these names from here, and touch no private attribute of Numba's objects themselves. The
documented interface (``numba.njit``, ``numba.types``, ``numba.extending``, ``numba.core.errors``,
``llvmlite.ir``, ``llvmlite.binding``) is imported where it is used.

Nobody complains when an attribute is assigned that is never read, a method is overridden that is never
called, or an attribute is asked for that nobody has. What we do of that kind is checked when dualad is
imported: a derivative, or the cache, must not go wrong in silence because Numba renamed something.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator
from types import CodeType
from typing import Any

import numba
from numba import extending, types

from .errors import IncompatibleNumbaError


def _incompatible(what: str) -> IncompatibleNumbaError:
    return IncompatibleNumbaError(
        f"dualad does not work with Numba {numba.__version__}: {what}; install a version of Numba that "
        f"dualad requires"
    )


# Grouped by what they are for:
# isort: off
try:
    # -- compiling functions again, with passes of ours: nothing of a user's could be differentiated
    from numba.core.compiler import (
        CompilerBase,
        DefaultPassBuilder,
        run_frontend,  # the IR of helpers, which tells what they write to
    )
    from numba.core.compiler_lock import global_compiler_lock  # ops are made known for one compilation
    from numba.core.compiler_machinery import AnalysisPass, FunctionPass, PassManager, register_pass
    from numba.core.cpu_options import FastMathOptions  # which of the flags derivatives inherit
    from numba.core.dispatcher import (
        Dispatcher,  # tells compiled functions from others
        OmittedArg,  # tells defaults among the arguments of a call
    )
    from numba.core.registry import (
        CPUDispatcher,  # what derivatives are
        cpu_target,  # the typing and the lowering to which ops are added
    )
    from numba.core.sigutils import normalize_signature
    from numba.core.typed_passes import (
        BaseNativeLowering,
        NativeLowering,  # arrays would leak where a function raises: ours stands in for it
    )
    from numba.core.untyped_passes import IRProcessing, MakeFunctionToJitFunction, RewriteSemanticConstants

    # -- the untyped IR: helpers would not be differentiated, and arrays not hold active values
    from numba.core import ir
    from numba.core.ir_utils import build_definitions, get_definition, guard
    from numba.core.postproc import PostProcessor  # finds lifetimes of variables again
    from numba.core.withcontexts import objmode_context  # blocks that are refused
    from numba.np.unsafe.ndarray import empty_inferred  # arrays whose type follows from what is stored

    # -- typing: ops would not be known on active values
    from numba.core.typeconv import Conversion  # says that a float becomes active without loss
    from numba.core.typing.npydecl import (
        Numpy_rules_ufunc,  # functions of scipy.special broadcast as NumPy's do
        NumpyRulesArrayOperator,
        NumpyRulesInplaceArrayOperator,
        NumpyRulesUnaryArrayOperator,
        _parse_nested_sequence as parse_nested_sequence,
        parse_dtype,
        parse_shape,
    )
    from numba.core.typing.templates import (
        AbstractTemplate,
        Signature,
        builtin_registry as typing_registry,
        fold_arguments,  # keywords and defaults in calls of Numba's own implementations
        infer_global,
        make_concrete_template,
        make_overload_template,
        signature,
    )
    from numba.core.typing.typeof import (
        Purpose,
        typeof,  # the public one is for constants: here are the types of arguments
        typeof_impl,  # asked for the type of a function before scipy.special is looked at
    )
    from numba.np.numpy_support import as_dtype, from_dtype

    # -- lowering: there would be no code for active values
    from numba.core import cgutils
    from numba.core.callconv import (
        RETCODE_NONE,
        RETCODE_OK,
        RETCODE_STOPIT,
        CPUCallConv,
        errcode_t,  # tells returns from exceptions, which release what a function holds
    )
    from numba.core.imputils import (
        builtin_registry as lowering_registry,
        impl_ret_borrowed,  # arrays that are handed through would be freed twice
        lower_constant,
    )
    from numba.core.lowering import Lower
    from numba.cpython.listobj import ListInstance
    from numba.np.arrayobj import (
        _empty_nd_impl as empty_nd_impl,
        _parse_shape as lower_shape,
        array_astype,
        assign_sequence_to_array,
        check_sequence_shape,
        compute_sequence_shape,
        make_array,
        populate_array,
        store_item,
    )
    from numba.np.npyimpl import (
        _Kernel as UfuncKernel,
        force_error_model,  # 1 / 0 is what it is in NumPy
        numpy_ufunc_kernel,
        register_ufunc_kernel,
    )
    from numba.np.ufunc.array_exprs import (
        RewriteArrayExprs,
        _lower_array_expr as lower_array_expr,  # chains of operators are one loop
    )

    # -- what cannot be differentiated, and is refused by its kind
    from numba.core.ccallback import CFunc
    from numba.np.ufunc.dufunc import DUFunc
    from numba.np.ufunc.gufunc import GUFunc
    from numba.np.ufunc_db import get_ufuncs  # the page on NumPy would lack them

    # -- other processes and the disk: derivatives could not be sent, and stale ones would be loaded
    from numba.core import (
        config,  # settings that change compiled code
        event,  # tells of compilations and passes: what was frozen, when signals are handled
        serialize,
    )
    from numba.core.bytecode import FunctionIdentity
    from numba.core.caching import IndexDataCacheFile
    from numba.core.codegen import (
        CPUCodegen,
        CPUCodeLibrary,
        RuntimeLinker,  # its symbols stand for recursive functions
    )
    from numba.core.compiler import CompileResult
    from numba.core.runtime import rtsys  # counts references in code that was loaded
    from numba.misc.appdirs import AppDirs  # where caches of users lie
    from numba.np.ufunc.wrappers import GufWrapperCache
except ImportError as missing:
    raise _incompatible(str(missing)) from missing
# isort: on


# -- attributes -------------------------------------------------------------------------------------


def assign(owner: Any, name: str, value: Any) -> None:
    """Assign an attribute that Numba is to read: it must be there before."""
    if not hasattr(owner, name):
        raise _incompatible(f"{owner!r} has no {name}")
    setattr(owner, name, value)


def number_functions(numbers: Iterator[int]) -> None:
    """Have the symbols of functions compiled from now on end in these numbers."""
    assign(FunctionIdentity, "_unique_ids", numbers)


def keep_on_disk(dispatcher: Dispatcher, cache: Any) -> None:
    """Let a dispatcher ask `cache` for compiled code, and tell it."""
    assign(dispatcher, "_cache", cache)


def cache_of(dispatcher: Dispatcher) -> Any:
    """What a dispatcher asks for compiled code."""
    return dispatcher._cache


def is_open(dispatcher: Dispatcher) -> bool:
    """Whether a dispatcher compiles for new types; with declared signatures it does not."""
    return bool(dispatcher._can_compile)


def folded_arguments(dispatcher: Dispatcher, args: Any, kws: Any) -> tuple[Any, Any]:
    """A function's signature, and argument types by position: keywords and defaults are in their places."""
    parameters, argtypes = dispatcher._compiler.fold_argument_types(args, kws)
    return parameters, argtypes


def uuid_of(dispatcher: Dispatcher) -> str:
    """What a dispatcher is known by in other processes."""
    return str(dispatcher._uuid)


def set_uuid(dispatcher: Dispatcher, uuid: str) -> None:
    """Let a new dispatcher be known by that of another process."""
    dispatcher._set_uuid(uuid)


def by_uuid(uuid: str) -> Dispatcher | None:
    """The dispatcher of this process that is known by `uuid`."""
    return Dispatcher._memo.get(uuid)


def definition_of(intrinsic: Any) -> Callable[..., Any]:
    """The function that an intrinsic was made of."""
    defined: Callable[..., Any] = intrinsic._defn
    return defined


# -- what Numba's typing knows -----------------------------------------------------------------------


def lookup_global(function: Any) -> Any:
    """The type of a function, or None if Numba does not know it."""
    return cpu_target.typing_context._lookup_global(function)


def insert_global(function: Any, fnty: types.Function) -> None:
    """Make a function known."""
    cpu_target.typing_context._insert_global(function, fnty)


def remove_global(function: Any) -> None:
    """Make a function unknown."""
    cpu_target.typing_context._remove_global(function)


def typing_registries() -> Iterable[Any]:
    """Where templates are registered, in the order in which Numba reads them."""
    return {typing_registry: 0, **dict.fromkeys(cpu_target.typing_context._registries)}


def lowering_registries() -> Iterable[Any]:
    """Where implementations are registered."""
    return {lowering_registry: 0, **dict.fromkeys(cpu_target.target_context._registries)}


def ufuncs_of_operators(rules: Any) -> dict[Any, str]:
    """The names of the ufuncs that operators are on arrays."""
    named: dict[Any, str] = rules._op_map
    return named


def overload_in(template: Any) -> Callable[..., Any] | None:
    """What was given to ``@overload``, if a template was made of that."""
    return getattr(template, "_overload_func", None)


def intrinsic_in(template: Any) -> Callable[..., Any] | None:
    """What was given to ``@intrinsic``, if a template was made of that."""
    return getattr(template, "_definition_func", None)


def is_jitable(overload: Callable[..., Any]) -> bool:
    """Whether an overload is the one of ``@register_jitable``: the function is its own implementation."""
    return overload.__name__ == _JITABLE


def chosen_by(template: Any) -> dict[Any, Any]:
    """What a template has answered so far, by argument types."""
    chosen: dict[Any, Any] = template._impl_cache
    return chosen


def has_compiled(template: Any) -> bool:
    """Whether a template has compiled an overload."""
    return bool(getattr(template, "_compiled_overloads", None))


def has_inlined(template: Any) -> bool:
    """Whether a template has had an overload inlined."""
    return bool(getattr(template, "_inline_overloads", None))


def options_of(template: Any) -> Iterator[Any]:
    """The options given to ``@overload``."""
    for name in ("_jit_options", "_strict", "prefer_literal", "metadata"):
        yield getattr(template, name, None)
    yield getattr(getattr(template, "_inline", None), "value", None)


# -- the untyped IR ----------------------------------------------------------------------------------


def definitions(func_ir: Any) -> dict[str, list[Any]]:
    """What each variable of a function is defined as."""
    found: dict[str, list[Any]] = func_ir._definitions
    return found


def define_again(func_ir: Any) -> None:
    """Find the definitions again, in changed blocks."""
    assign(func_ir, "_definitions", build_definitions(func_ir.blocks))


# -- machine code ------------------------------------------------------------------------------------


def module_of(library: Any) -> Any:
    """The LLVM module of a compiled function, with all that is linked into it."""
    return library._final_module


def engine_of(codegen: Any) -> Any:
    """What finds symbols of compiled code."""
    return codegen._engine


def packed(result: CompileResult) -> tuple[Any, ...]:
    """A compiled function as parts that can be pickled."""
    parts: tuple[Any, ...] = result._reduce()
    return parts


def unpacked(target_context: Any, parts: tuple[Any, ...]) -> CompileResult:
    """A compiled function from its parts."""
    return CompileResult._rebuild(target_context, *parts)


def index_of(cache_file: IndexDataCacheFile) -> str:
    """The file that lists what Numba's own cache holds of a function."""
    return str(cache_file._index_path)


def gufunc_prefix() -> str:
    """How the names of files start that Numba's own cache keeps apart for ``@guvectorize``."""
    return str(GufWrapperCache._impl_class._filename_prefix)


def member_names(model: Any) -> tuple[str, ...]:
    """The members of a struct, by the data model of its type."""
    names: tuple[str, ...] = model._fields
    return names


# Marks where a function stores what it raises: Numba's optimizer then takes references for given up.
RAISES = "numba_exception_output"
# How Numba calls the overload in `register_jitable`.
_JITABLE = "ov_wrap"
# How it calls fused array expressions in its IR.
ARRAY_EXPRESSION = "arrayexpr"


# -- checked when dualad is imported -----------------------------------------------------------------

# Methods that classes of ours override. Were one renamed, ours would not be called any more.
OVERRIDDEN: dict[Any, str] = {
    AbstractTemplate: "get_impl_key",
    BaseNativeLowering: "lowering_class",
    CompilerBase: "define_pipelines",
    CPUDispatcher: "_compile_for_args compile get_call_template get_overload recompile",
    Lower: "pre_lower storevar delvar post_lower",
    UfuncKernel: "generate",
    event.Listener: "on_start on_end",
    extending.models.DataModel: (
        "as_argument as_data as_return from_argument from_data from_return get_argument_type get_data_type "
        "get_return_type get_value_type load_from_data_pointer"
    ),
    types.Type: "can_convert_from cast_python_value key unify",
}
# Attributes that are assigned, looked up with an answer for those who have none, or used by the cache, which
# lets a driver be compiled anew whatever goes wrong.
NEEDED: dict[Any, str] = {
    CompileResult: "_rebuild _reduce",
    Dispatcher: "_can_compile _memo _set_uuid _uuid",
    FunctionIdentity: "_unique_ids",
    GufWrapperCache: "_impl_class",
    make_overload_template(len, len, {}, True, "never"): (
        "_compiled_overloads _impl_cache _inline _inline_overloads _jit_options _overload_func _strict "
        "metadata prefer_literal"
    ),
}
# The same of what has a name only within a function: attributes of instances, texts.
NAMED: dict[tuple[Any, str], str] = {
    (CPUCallConv, "set_static_user_exc"): RAISES,
    (CPUCodegen, "_init"): "_engine",
    (CPUCodeLibrary, "__init__"): "_final_module",
    (Dispatcher, "__init__"): "_cache",
    (Dispatcher, "compile"): "numba:compile",
    (IndexDataCacheFile, "__init__"): "_index_path",
    (PassManager, "_runPass"): "numba:run_pass",
    (RewriteArrayExprs, "__init__"): ARRAY_EXPRESSION,
    (extending, "register_jitable"): _JITABLE,
}


def check() -> None:
    """Raise IncompatibleNumbaError if Numba lacks what nobody would miss otherwise."""
    for owner, names in [*OVERRIDDEN.items(), *NEEDED.items()]:
        for name in names.split():
            if not hasattr(owner, name):
                raise _incompatible(f"{owner!r} has no {name}")
    for (owner, function), name in NAMED.items():
        found = inspect.unwrap(getattr(owner, function, len))
        if not inspect.isfunction(found) or name not in _names(found.__code__):
            raise _incompatible(f"{function} of {owner!r} does not name {name}")


def _names(code: CodeType) -> Iterator[Any]:
    """The names and constants in a function's code, those of inner functions too."""
    yield from (code.co_name, *code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)
        else:
            yield constant


check()
