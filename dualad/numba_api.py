"""The only module that imports private or undocumented names of Numba, with the reason for each.

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
from numba import literal_unroll as literal_unroll

from .errors import IncompatibleNumbaError


def _incompatible(what: str) -> IncompatibleNumbaError:
    return IncompatibleNumbaError(
        f"dualad does not work with Numba {numba.__version__}: {what}; install a version of Numba that "
        f"dualad requires"
    )


# Grouped by what they are for; beside each name is what would go wrong without it.
# isort: off
try:
    # -- compiling a user's functions again, with passes of ours
    from numba.core.compiler import (
        CompilerBase,  # no function could be compiled with active arguments
        DefaultPassBuilder,  # our pipelines would have to list all of Numba's passes
        run_frontend,  # helpers that write to their arguments would not be known by their IR
    )
    from numba.core.compiler_lock import global_compiler_lock  # two threads would add the ops at once
    from numba.core.compiler_machinery import (
        AnalysisPass,  # generators and objmode blocks would be refused in Numba's words
        FunctionPass,  # calls of helpers would stay calls of plain compilations
        PassManager,  # that it tells of its passes could not be checked
        register_pass,  # the passes could not be added to a pipeline
    )
    from numba.core.cpu_options import FastMathOptions  # derivatives would inherit all flags or none
    from numba.core.dispatcher import (
        Dispatcher,  # compiled functions could not be told from others
        OmittedArg,  # defaults would be taken for arguments
    )
    from numba.core.registry import (
        CPUDispatcher,  # derivatives could not be called from Python and compiled code
        cpu_target,  # ops could not be added to Numba's typing and lowering
    )
    from numba.core.sigutils import normalize_signature  # signatures given as text could not be read
    from numba.core.typed_passes import (
        BaseNativeLowering,  # arrays would leak where a function raises
        NativeLowering,  # so they would if this was not replaced
    )
    from numba.core.untyped_passes import (
        IRProcessing,  # functions that cannot be differentiated would not be refused before they are typed
        MakeFunctionToJitFunction,  # inner functions would not be known as helpers
        RewriteSemanticConstants,  # rules could not ask whether an argument is None
    )

    # -- the untyped IR of a function
    from numba.core import ir  # nothing in it could be replaced
    from numba.core.ir_utils import (
        build_definitions,  # later passes would see what was there before
        get_definition,  # rules could not ask whether an argument is None
        guard,  # the same
    )
    from numba.core.postproc import PostProcessor  # variables of ours would never be released
    from numba.core.withcontexts import objmode_context  # its blocks would be differentiated to nothing
    from numba.np.unsafe.ndarray import empty_inferred  # arrays would get a type before values are stored

    # -- typing
    from numba.core.typeconv import Conversion  # floats would not become active where branches meet
    from numba.core.typing.npydecl import (
        Numpy_rules_ufunc,  # functions of scipy.special would not broadcast
        NumpyRulesArrayOperator,  # a + b would not be an operation on active arrays
        NumpyRulesInplaceArrayOperator,  # nor would a += b
        NumpyRulesUnaryArrayOperator,  # nor would -a
        _parse_nested_sequence as parse_nested_sequence,  # np.array([[...]]) could not hold active values
        parse_dtype,  # nor could np.zeros(n, dtype)
        parse_shape,  # nor could np.zeros((n, m))
    )
    from numba.core.typing.templates import (
        AbstractTemplate,  # ops would not be known on active values
        Signature,  # signatures would have no name in annotations
        builtin_registry as typing_registry,  # the cache would not see what others taught Numba
        fold_arguments,  # defaults and *args of Numba's own implementations would not be passed
        infer_global,  # functions of ours and of scipy.special would not be known in plain code
        make_concrete_template,  # functions with declared signatures could not be differentiated
        make_overload_template,  # what overloads are made of could not be checked below
        signature,  # templates could not answer
    )
    from numba.core.typing.typeof import (
        Purpose,  # arguments would be typed as constants are
        typeof,  # the public one types constants
        typeof_impl,  # functions of scipy.special would not be known when Numba asks for them
    )
    from numba.np.numpy_support import (
        as_dtype,  # the value of a compiled adjoint could not be compared with the function's
        from_dtype,  # types of NumPy in a user's code would have no type in adjoints
    )

    # -- lowering
    from numba.core import cgutils  # no instruction could be appended but by hand
    from numba.core.callconv import (
        RETCODE_NONE,  # returns would be taken for exceptions, which release what a function holds
        RETCODE_OK,  # the same
        RETCODE_STOPIT,  # the same
        CPUCallConv,  # that it marks exceptions could not be checked
        errcode_t,  # exceptions could not leave a function through one block
    )
    from numba.core.imputils import (
        builtin_registry as lowering_registry,  # the cache would not see what others taught Numba
        impl_ret_borrowed,  # arrays that are handed through would be freed twice
        lower_constant,  # literals could not be bound to variables that become active
    )
    from numba.core.lowering import Lower  # arrays would leak where a function raises
    from numba.cpython.listobj import ListInstance  # lists could not hold active values
    from numba.cpython.randomimpl import (
        get_state_ptr as random_state,  # each run of a derivative would take other random draws
        rnd_state_t as random_state_t,  # the same
    )
    from numba.np.arrayobj import (
        _empty_nd_impl as empty_nd_impl,  # arrays could not hold active values
        _parse_shape as lower_shape,  # nor could those of a given shape
        array_astype,  # nor could x.astype(float)
        assign_sequence_to_array,  # nor could np.array([...])
        check_sequence_shape,  # the same
        compute_sequence_shape,  # the same
        make_array,  # arrays could not be laid over memory of the tape
        populate_array,  # the same
        store_item,  # nor could np.full
    )
    from numba.np.npyimpl import (
        _Kernel as UfuncKernel,  # operations on active arrays would have no loop over elements
        force_error_model,  # 1 / 0 in an array would raise, where NumPy gives infinity
        numpy_ufunc_kernel,  # operations on active arrays would have no loop over elements
        register_ufunc_kernel,  # nor would functions of scipy.special
    )
    from numba.np.ufunc.array_exprs import (
        RewriteArrayExprs,  # that it makes the expressions could not be checked
        _lower_array_expr as lower_array_expr,  # a chain of operators on active arrays would have no code
    )

    # -- what cannot be differentiated: it would be refused without saying why
    from numba.core.ccallback import CFunc  # what @cfunc makes
    from numba.np.ufunc.dufunc import DUFunc  # what @vectorize makes
    from numba.np.ufunc.gufunc import GUFunc  # what @guvectorize makes
    from numba.np.ufunc_db import get_ufuncs  # the page on NumPy would not list its ufuncs

    # -- other processes and the disk
    from numba.core import (
        config,  # the cache would not see settings that change compiled code
        event,  # nor values that were frozen; Ctrl-C would wait for the end of a compilation
        serialize,  # derivatives of functions in notebooks could not be sent to other processes
    )
    from numba.core.bytecode import FunctionIdentity  # functions of two processes could share a symbol
    from numba.core.caching import (
        IndexDataCacheFile,
    )  # functions that Numba caches would keep old derivatives
    from numba.core.codegen import (
        CPUCodegen,  # that it has an engine could not be checked
        CPUCodeLibrary,  # that it has a module could not be checked
        RuntimeLinker,  # recursive functions would be loaded with pointers of another process
    )
    from numba.core.compiler import CompileResult  # nothing could be cached
    from numba.core.runtime import rtsys  # loaded code could not count references
    from numba.misc.appdirs import AppDirs  # the cache would not be where caches are on this system
    from numba.np.ufunc.wrappers import GufWrapperCache  # @guvectorize functions would keep old derivatives
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


def loop_of(function: DUFunc, scalars: tuple[types.Type, ...]) -> tuple[Any, Signature, dict[str, Any]]:
    """What a ufunc runs for numbers of these types: its Python function, with which signature and options."""
    typing = cpu_target.typing_context
    typing.refresh()
    typing.resolve_function_type(typing.resolve_value_type(function), scalars, {})  # which compiles
    _, compiled = function.find_ewise_function(scalars)
    return function._dispatcher.py_func, compiled.signature, function._dispatcher.targetoptions


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


def symbols_used(library: CPUCodeLibrary) -> set[str]:
    """What compiled code calls that is defined elsewhere."""
    return {function.name for function in module_of(library).functions if function.is_declaration}


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


def has_own_options(dispatcher: Dispatcher, result: CompileResult) -> bool:
    """Whether a function was compiled with the options that it has, and not with those of a caller.

    Without ``fastmath`` or ``error_model`` it takes those of the function for which it is first compiled.
    """
    options, context = dispatcher.targetoptions, result.target_context
    if context.error_model is None:
        return True  # it is from Numba's cache, which does not tell
    raising = options.get("error_model", "python") == "python"
    return bool(context.fastmath) == bool(options.get("fastmath")) and (
        context.error_model.raise_on_fp_zero_division == raising
    )


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
# Names that occur only inside a function of Numba (attributes of instances, strings), by that function.
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
    """Raise IncompatibleNumbaError if Numba lacks a name whose absence would otherwise go unnoticed."""
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
