"""Reverse mode by compiled adjoints: derives, compiles and calls the adjoint of the function."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numba import types
from numba.core import errors

from ...adjoints.errors import NotTransformable
from ...compiler.dispatch.diagnosis import primal_failure
from ...compiler.dispatch.dispatcher import ActiveDispatcher, inherited
from ...compiler.dispatch.pipelines import ActivePipeline
from ...errors import DualadError, FaultWarning
from ...numba_api import as_dtype, cgutils
from ...staging import trees
from ...staging.stage import Stage
from ...staging.trees import Leaf
from ...types import maps
from ...types.active import contained, is_real, joined, level_of, rebased, scalar_base
from ..calls import draws
from ..calls.selection import Selection
from . import signals

if TYPE_CHECKING:
    from ...adjoints.engine import Adjoint


@dataclass(frozen=True)
class CompiledAdjoint:
    """A compiled adjoint for given argument types.

    Attributes
    ----------
    result, gradient : Type
        Of the primal's result, and of the adjoints in the form of the differentiated arguments.
    """

    selection: Selection
    made: Adjoint
    dispatcher: ActiveDispatcher
    signature: Any
    result: types.Type
    gradient: types.Type

    @classmethod
    def resolve(
        cls,
        typing: Any,
        selection: Selection,
        seeds: Sequence[types.Type] | None,
        first: bool,
        unit: bool = False,
    ) -> CompiledAdjoint:
        """The adjoint of a function for seeds of these types; with `first` of the first item of its result.

        With `unit` the seed of a result that is one number is 1.

        Raises
        ------
        NotTransformable
            If there is none.
        """
        known = selection.function.dispatcher.__dict__.setdefault("compiled_adjoints", {})
        key = selection.argtypes, selection.argnums, first, unit, seeds and tuple(seeds)
        if key not in known:
            try:
                known[key] = cls._made(typing, selection, seeds, first, unit)
            except NotTransformable as refusal:
                known[key] = refusal
        found = known[key]
        if isinstance(found, NotTransformable):
            raise found.with_traceback(None)
        return found

    @classmethod
    def _made(
        cls,
        typing: Any,
        selection: Selection,
        seeds: Sequence[types.Type] | None,
        first: bool,
        unit: bool,
    ) -> CompiledAdjoint:
        try:
            made = written(selection, first, unit)
        except NotTransformable:
            raise
        except DualadError as error:  # of an op that has no derivative by one of its arguments
            raise NotTransformable(str(error)) from error
        except Exception as error:  # a bug of ours must not cost the user the derivative
            raise _fault(selection, f"there is a mistake in the transformation ({error!r})") from error
        from ...adjoints.ir import numba_types

        kept = _options(selection.function.dispatcher)
        dispatcher = ActiveDispatcher(made.function, {}, {"nopython": True, **kept}, ActivePipeline)
        if seeds is None or not _fit(seeds, made.seeds):
            # What does not fit is refused by who asks, when the form of the result is known.
            seeds = [types.Array(types.float64, rank, "C") if rank else types.float64 for rank in made.seeds]
        given = [*selection.argtypes, *(types.float64 if ty == types.float32 else ty for ty in seeds)]
        try:
            signature = types.Dispatcher(dispatcher).get_call_type(typing, tuple(given), {})
        except (errors.NumbaError, DualadError, NotImplementedError) as error:
            if not all(ty.is_precise() for ty in given):
                raise  # Numba tries again when it knows more
            text = str(error).strip().splitlines() or [type(error).__name__]
            reason = f"its adjoint does not compile ({_reason(text)})"
            plain = [maps.plain(ty) for ty in selection.argtypes]
            if isinstance(error, DualadError) or primal_failure(selection.function.dispatcher, plain):
                raise NotTransformable(reason) from error
            raise _fault(selection, reason) from error
        numba_types.confirm(made.program, dispatcher.overloads[tuple(signature.args)].type_annotation.typemap)
        result, adjoints = signature.return_type
        parts = iter(adjoints)
        gradient = trees.derivative_types(selection.tree, lambda leaf: next(parts))
        return cls(selection, made, dispatcher, signature, result, gradient)

    def takes(self, argtypes: Sequence[types.Type]) -> bool:
        """Whether it can be called from Python with arguments of these types."""
        wanted = [types.unliteral(ty) for ty in self.selection.argtypes]
        return not any(map(level_of, wanted)) and wanted == [types.unliteral(ty) for ty in argtypes]

    def value(self, *args: Any) -> Any:
        """The result of the primal as the adjoint computes it, from Python."""
        formal = self.signature.args
        seeds = [
            np.zeros((0,) * ty.ndim, as_dtype(ty.dtype)) if isinstance(ty, types.Array) else 0.0
            for ty in formal[len(args) :]
        ]
        return self.dispatcher.overloads[tuple(formal)].entry_point(*args, *seeds)[0]

    def element(self, ty: types.Type) -> types.Type:
        """The type of the adjoint of an argument's scalar of type `ty`."""
        lower = joined([active for leaf in trees.leaf_types(self.gradient) for active in contained(leaf)])
        return scalar_base(ty) if lower is None else rebased(lower, scalar_base(ty))

    def pull(
        self, stage: Stage, args: Sequence[Any], seeds: Sequence[Leaf], owned: Sequence[Leaf] = ()
    ) -> tuple[Any, Any]:
        """The result, and the adjoints of the differentiated arguments for these of the result.

        A seed whose shape differs from that of its part of the result is treated as zero. `owned` is released
        if the function raises.
        """
        context, builder = stage.context, stage.builder
        given = [(value, ty) for value, ty in zip(args, self.selection.argtypes, strict=True)]
        formal = self.signature.args
        given += [(seed.ll, seed.type) for seed in seeds[: len(formal) - len(given)]]
        passed = [context.cast(builder, v, ty, want) for (v, ty), want in zip(given, formal, strict=True)]
        compiled = self.dispatcher.overloads[tuple(formal)]
        context.add_linking_libs([compiled.library])
        draws.repeat(stage, compiled.library)
        status, pair = context.call_internal_no_propagate(builder, compiled.fndesc, self.signature, passed)
        with cgutils.if_unlikely(builder, status.is_error):
            trees.release_on_exit(stage, owned)
            context.call_conv.return_status_propagate(builder, status)
        result, adjoints = builder.extract_value(pair, 0), builder.extract_value(pair, 1)
        parts = [builder.extract_value(adjoints, i) for i in range(len(self.selection.leaf_types))]
        return result, trees.rebuild(stage, self.gradient, iter(parts))

    def rows(self, stage: Stage, args: Sequence[Any]) -> tuple[Any, list[Any]]:
        """The result, whose leaves are scalars, and the gradient of each of them."""
        zero, one = (stage.constant(types.float64, x) for x in (0.0, 1.0))
        value: Any = None
        gradients: list[Any] = []
        for row in range(len(self.made.seeds)):
            seeds = [one if number == row else zero for number in range(len(self.made.seeds))]
            owned = [Leaf(self.gradient, gradient) for gradient in gradients]
            value, gradient = self.pull(stage, args, [Leaf(seed.type, seed.ll) for seed in seeds], owned)
            gradients.append(gradient)
        return value, gradients

    def matrix(self, stage: Stage, args: Sequence[Any], scalar: types.Type) -> tuple[Any, Leaf]:
        """The result and the whole Jacobian, its elements of type `scalar`: one call for each row."""
        builder = stage.builder
        zero, one = (stage.constant(types.float64, x) for x in (0.0, 1.0))
        value, seeds = self._probed(stage, args)
        columns = trees.total_size(stage, self.selection.leaves(stage, args))
        rows = trees.total_size(stage, seeds)
        matrix_type, matrix, data = trees.new_array(stage, scalar, [builder.mul(rows, columns)])
        owned = [*seeds, Leaf(matrix_type, matrix), Leaf(self.result, value)]
        for seed, pointer, position in trees.pointers(stage, seeds):
            given = [Leaf(one.type, one.ll) if s is seed and pointer is None else s for s in seeds]
            if pointer is not None:
                builder.store(one.ll, pointer)
            again, gradient = self.pull(stage, args, given, owned)
            if pointer is not None:
                builder.store(zero.ll, pointer)
            self._store(stage, gradient, scalar, builder.gep(data, [builder.mul(position, columns)]))
            trees.release(stage, self.result, again)
            signals.answer(stage, position, owned)
        for seed in seeds:
            trees.release(stage, seed.type, seed.ll)
        return value, Leaf(matrix_type, matrix)

    def _probed(self, stage: Stage, args: Sequence[Any]) -> tuple[Any, list[Leaf]]:
        """The result, and seeds of zeros in its form: a call tells its shape."""
        zero = stage.constant(types.float64, 0.0)
        none = trees.intp(stage, 0)
        fitting_nothing = []
        for rank in self.made.seeds:
            if rank:
                ty, ll, _ = trees.new_array(stage, types.float64, [none] * rank)
                fitting_nothing.append(Leaf(ty, ll))
            else:
                fitting_nothing.append(Leaf(zero.type, zero.ll))
        value, gradient = self.pull(stage, args, fitting_nothing, fitting_nothing)
        for leaf in (*fitting_nothing, Leaf(self.gradient, gradient)):
            trees.release(stage, leaf.type, leaf.ll)
        outs = trees.differentiable(stage, self.result, value)
        return value, trees.mapped(stage, outs, lambda ty: types.float64, lambda old, at: zero)

    def _store(self, stage: Stage, gradient: Any, scalar: types.Type, row: Any) -> None:
        """Store a gradient to a row of the matrix, and release it."""
        for value, position in trees.scalars(stage, trees.leaves(stage, self.gradient, gradient)):
            slot = stage.builder.gep(row, [position])
            stage.context.pack_value(stage.builder, scalar, stage.cast(value, scalar).ll, slot)
        trees.release(stage, self.gradient, gradient)


def written(selection: Selection, first: bool = False, unit: bool = False) -> Adjoint:
    """The adjoint of the selected arguments as source; of the first item of the result if `first`."""
    # The transformation is loaded when it is first asked for.
    from ...adjoints.engine import adjoint, first_item, whole

    dispatcher = selection.function.dispatcher
    if "distrusted" in dispatcher.__dict__:
        raise NotTransformable(dispatcher.__dict__["distrusted"])
    if hasattr(dispatcher, "differentiated"):
        raise NotTransformable("it is a derivative itself")
    seeded = first_item if first else whole
    options = _options(dispatcher)
    return adjoint(
        dispatcher.py_func,
        selection.argtypes,
        selection.numbers,
        seeded,
        options=options,
        unit=unit,
        dispatcher=getattr(dispatcher, "original", None),
    )


def distrust(dispatcher: ActiveDispatcher, reason: str) -> None:
    """Make no more compiled adjoints of a function, and discard the existing ones."""
    dispatcher.__dict__.update(distrusted=reason, warned=True)
    known = dispatcher.__dict__["compiled_adjoints"]
    known.update(dict.fromkeys(known, NotTransformable(reason)))


def _fit(seeds: Sequence[types.Type], ranks: Sequence[int]) -> bool:
    """Whether seeds are numbers and arrays of numbers, of these ranks."""
    scalars = [ty.dtype if isinstance(ty, types.Array) else ty for ty in seeds]
    return [getattr(ty, "ndim", 0) for ty in seeds] == list(ranks) and all(
        is_real(ty) or isinstance(ty, types.Integer) for ty in scalars
    )


def _options(dispatcher: ActiveDispatcher) -> dict[str, Any]:
    """The options of the user's njit that are inherited."""
    return inherited(getattr(dispatcher, "original", None))


def _fault(selection: Selection, reason: str) -> NotTransformable:
    """The refusal that hides a bug of ours, once it has been told."""
    warnings.warn(
        f"dualad has a bug: {selection.function.name!r} has no compiled adjoint: {reason}; "
        "please report it with the function",
        FaultWarning,
        stacklevel=3,
    )
    return NotTransformable(reason)


def _reason(text: Sequence[str]) -> str:
    """The most informative line of Numba's message."""
    telling = [
        one.strip() for one in text if one.strip() and not one.lstrip().startswith(("During:", "File", "<"))
    ]
    return " ".join(telling[:3])[:300]
