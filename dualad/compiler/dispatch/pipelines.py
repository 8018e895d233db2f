"""Numba's pipeline with dualad's passes."""

from __future__ import annotations

from typing import Any, ClassVar

from ...numba_api import (
    CompilerBase,
    DefaultPassBuilder,
    IRProcessing,
    MakeFunctionToJitFunction,
    NativeLowering,
)
from ...types.active import level_of
from ..passes.lookups import KEY, Lookups
from ..passes.lowering import ReleasingLowering


class DriverPipeline(CompilerBase):
    """Numba's nopython pipeline; what has active arguments is called from compiled code only."""

    def __init__(self, typingctx: Any, targetctx: Any, library: Any, args: Any, *others: Any) -> None:
        super().__init__(typingctx, targetctx, library, args, *others)
        if any(level_of(ty) for ty in args):
            self.state.flags.no_cpython_wrapper = True
            self.state.flags.no_cfunc_wrapper = True

    def define_pipelines(self) -> list[Any]:
        manager = DefaultPassBuilder.define_nopython_pipeline(self.state)
        ours = {NativeLowering: ReleasingLowering}
        manager.passes = [(ours.get(one, one), text) for one, text in manager.passes]
        manager.finalize()
        return [manager]


class ActivePipeline(DriverPipeline):
    """The same with our pass over the untyped IR, for what drivers call."""

    lookups: ClassVar[Lookups]  # set by the package, because what they find is compiled by this pipeline

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.state.flags.no_cfunc_wrapper = True
        self.state.metadata[KEY] = self.lookups

    def define_pipelines(self) -> list[Any]:
        from ..passes.activation import Activation, Admission  # a tenth of the time to import dualad

        [manager] = super().define_pipelines()
        manager.add_pass_after(Admission, IRProcessing)
        manager.add_pass_after(Activation, MakeFunctionToJitFunction)
        manager.finalize()
        return [manager]
