"""How long derivatives take once they are compiled."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import ModuleType

from numba import njit

import dualad as da

from .problems import linalg, mixture, rosen, scalar, transcendental
from .report import Aim, Comparison, Fact
from .timing import interleaved


@dataclass(frozen=True)
class Settings:
    """What is measured, and for how long."""

    seconds: float = 1.0  # per comparison and function
    sizes: tuple[int, ...] = (10, 100, 10_000, 300_000)
    loop: int = 10_000  # length of the loops other than rosen's
    matrix: int = 200  # rows and columns
    mixture: str | None = mixture.LARGE  # None leaves it out
    peers: dict[str, ModuleType | None] = field(default_factory=dict)

    def compare(self, title: str, calls: dict[str, Callable], problem: str = "", *arguments) -> Comparison:
        """Time `calls`, with every installed peer's own call for the problem of that name."""
        calls = dict(calls)
        for peer in self.peers.values():
            prepare = getattr(peer, problem, None) if problem else None
            if prepare is not None:
                calls[peer.NAME] = prepare(*arguments)
        return Comparison(title, interleaved(calls, self.seconds * len(calls)))


Result = Comparison | Aim | Fact


def measure(settings: Settings) -> Iterator[Result]:
    """Every comparison, each followed by the aims and facts that come of it."""
    yield from reverse_rosen(settings)
    yield from reverse_loop(settings)
    yield from forward_rosen(settings)
    yield from compiled_scalar(settings)
    yield from python_scalar(settings)
    yield from tape(settings)
    yield from matrices(settings)
    if settings.mixture:
        yield from mixture_gradient(settings)


def reverse_rosen(settings: Settings) -> Iterator[Result]:
    gradient = da.value_and_grad(rosen.rosen, mode="reverse")
    for n in settings.sizes:
        x = rosen.inputs(n)
        calls = {
            "primal": lambda x=x: rosen.rosen(x),
            "by hand": lambda x=x: rosen.by_hand(x),
            "dualad": lambda x=x: gradient(x),
        }
        yield settings.compare(f"rosen, n = {n:,}", calls, "rosen", x)


def reverse_loop(settings: Settings) -> Iterator[Result]:
    gradient = da.value_and_grad(transcendental.softplus_sine, mode="reverse")
    x = transcendental.inputs(settings.loop)
    calls = {
        "primal": lambda: transcendental.softplus_sine(x),
        "by hand": lambda: transcendental.by_hand(x),
        "dualad": lambda: gradient(x),
    }
    compared = settings.compare(f"log, exp, sin, n = {x.size:,}", calls, "softplus_sine", x)
    yield compared
    yield Aim("transcendental loop / primal", compared.ratio("dualad"), 2.0, "×")


def forward_rosen(settings: Settings) -> Iterator[Result]:
    x = rosen.inputs(10)
    whole = da.grad(rosen.rosen, mode="forward", chunk=x.size)
    chunked = da.grad(rosen.rosen, mode="forward")
    calls = {
        "primal": lambda: rosen.rosen(x),
        "by hand": lambda: rosen.by_hand(x),
        "dualad": lambda: chunked(x),
    }
    compared = settings.compare("rosen forward, n = 10, from Python", calls)
    yield compared
    yield Aim("forward gradient n = 10 / primal, from Python", compared.ratio("dualad"), 5.0, "×")

    loops = {
        "primal": repeated(rosen.rosen, lambda y: y),
        "by hand": repeated(rosen.by_hand, lambda y: y[1][0]),
        "dualad": repeated(chunked, lambda g: g[0]),
        "one pass": repeated(whole, lambda g: g[0]),
    }
    calls = {name: lambda loop=loop: loop(x.copy(), TURNS) for name, loop in loops.items()}
    seconds = interleaved(calls, settings.seconds * len(calls))
    compared = Comparison(
        "rosen forward, n = 10, inside @njit", {name: t / TURNS for name, t in seconds.items()}
    )
    one_pass = compared.ratio("one pass")
    del compared.seconds["one pass"]
    yield compared
    yield Aim("forward gradient n = 10 / primal, inside @njit", compared.ratio("dualad"), 5.0, "×")
    yield Fact("the same in one pass of 10 partials", one_pass, "×")


TURNS = 1000


def repeated(function: Callable, pick: Callable) -> Callable:
    """A compiled loop that calls `function` on an array it changes, so that no call is hoisted."""
    pick = njit(pick)

    @njit
    def loop(x, turns):
        s = 0.0
        for _ in range(turns):
            x[0] += 1e-9
            s += pick(function(x))
        return s

    return loop


def compiled_scalar(settings: Settings) -> Iterator[Result]:
    x = scalar.inputs(settings.loop)
    for function, by_hand, what in (
        (scalar.wave, scalar.wave_by_hand, "sin, exp, /"),
        (scalar.rational, scalar.rational_by_hand, "* and / only"),
    ):
        loops = {
            "primal": scalar.summed(function),
            "by hand": scalar.summed(by_hand),
            "dualad": scalar.summed(da.derivative(function)),
        }
        calls = {name: lambda loop=loop: loop(x) for name, loop in loops.items()}
        compared = settings.compare(f"f' summed inside @njit, {what}, n = {x.size:,}", calls)
        yield compared
        yield Aim(f"f' inside @njit / by hand, {what}", compared.ratio("dualad", "by hand"), 1.3, "×")


def python_scalar(settings: Settings) -> Iterator[Result]:
    derivative = da.derivative(scalar.wave)
    calls = {
        "primal": lambda: scalar.wave(0.3),
        "by hand": lambda: scalar.wave_by_hand(0.3),
        "dualad": lambda: derivative(0.3),
    }
    compared = settings.compare("f'(0.3) called from Python", calls, "wave", 0.3)
    yield compared
    yield Aim("Python call of derivative(f) / of f", compared.ratio("dualad"), 2.0, "×")


# Outputs of one recording in `tape`: the time of the further ones is that of their sweeps.
ROWS = 5


def tape(settings: Settings) -> Iterator[Result]:
    """Nanoseconds per statement. A statement is what the tape has one entry for, not an operation."""

    @njit
    def once(x):
        return (rosen.rosen(x),)

    @njit
    def often(x):
        y = rosen.rosen(x)
        return y, y, y, y, y

    n = settings.loop
    x = rosen.inputs(n)
    gradient = da.value_and_grad(rosen.rosen, mode="tape")
    named = da.value_and_grad(rosen.rosen_named, mode="tape")
    one, all_rows = da.jacobian(once, mode="tape"), da.jacobian(often, mode="tape")
    calls = {
        "all": lambda: gradient(x),
        "named": lambda: named(x),
        "one": lambda: one(x),
        "rows": lambda: all_rows(x),
    }
    seconds = interleaved(calls, settings.seconds * len(calls))
    statements = rosen.STATEMENTS * (n - 1)
    sweep = (seconds["rows"] - seconds["one"]) / (ROWS - 1)
    each = 1e9 / statements
    yield Aim(f"tape, record and sweep, 1 statement of 4 terms, n = {n:,}", seconds["all"] * each, 10.0, "ns")
    named_each = 1e9 / (rosen.NAMED_STATEMENTS * (n - 1))
    yield Aim("the same, 3 statements of 2 terms on average", seconds["named"] * named_each, 10.0, "ns")
    yield Fact("tape: of the 4 terms, allocating and recording", (seconds["one"] - sweep) * each, "ns")
    yield Fact("tape: of the 4 terms, clearing adjoints, sweeping, copying out", sweep * each, "ns")


def matrices(settings: Settings) -> Iterator[Result]:
    """Sums over results of linear algebra: gradients by one matrix."""
    general, definite = linalg.inputs(settings.matrix)
    for title, function, by_hand, *arguments in (
        ("A @ B", linalg.product, linalg.product_by_hand, general, definite),
        ("solve(A, B)", linalg.solution, linalg.solution_by_hand, definite, general),
        ("cholesky(A)", linalg.factor, linalg.factor_by_hand, definite),
    ):
        taped = da.value_and_grad(function, mode="tape")
        calls = {
            "primal": partial(function, *arguments),
            "by hand": partial(by_hand, *arguments),
            "dualad": partial(da.value_and_grad(function, mode="reverse"), *arguments),
            "tape": partial(taped, *arguments),
        }
        compared = settings.compare(f"{title}, n = {settings.matrix}", calls)
        yield compared
        yield Aim(f"gradient of the sum of {title} / primal", compared.ratio("dualad"), 3.0, "×")
        yield Aim("the same on the tape", compared.ratio("tape"), 3.0, "×")
        yield Fact(f"tape of {title}, per entry of A", tape_bytes(taped, arguments) / general.size, "B")


def tape_bytes(gradient: Callable, arguments: Sequence) -> float:
    """The smallest tape limit with which a gradient is computed, to one part in 50."""
    limit, least, most = da.tape_limit(), da.runtime.LEAST_LIMIT, da.tape_limit()
    try:
        while most > 1.02 * least:
            middle = int((least * most) ** 0.5)
            da.set_tape_limit(middle)
            da.free_tapes()
            try:
                gradient(*arguments)
                most = middle
            except MemoryError:
                least = middle
    finally:
        da.set_tape_limit(limit)
    return most


def mixture_gradient(settings: Settings) -> Iterator[Result]:
    arguments = mixture.inputs(settings.mixture)
    gradient = da.value_and_grad(mixture.gmm, argnums=(0, 1, 2), mode="reverse")
    calls = {
        "primal": lambda: mixture.gmm(*arguments),
        "by hand": lambda: mixture.by_hand(*arguments),
        "dualad": lambda: gradient(*arguments),
    }
    name = settings.mixture.removesuffix(".txt")
    yield settings.compare(f"ADBench {name}", calls, "mixture", *arguments)
    by_arrays = {
        name: da.value_and_grad(mixture.in_arrays, argnums=(0, 1, 2), mode=mode)
        for name, mode in (("dualad", "reverse"), ("tape", "tape"))
    }
    calls = {
        "primal": lambda: mixture.in_arrays(*arguments),
        "by hand": lambda: mixture.by_hand(*arguments),
        **{name: partial(gradient, *arguments) for name, gradient in by_arrays.items()},
    }
    compared = settings.compare(f"ADBench {name}, in array expressions", calls, "mixture", *arguments)
    yield compared
    yield Aim("gradient of the mixture in array expressions / primal", compared.ratio("dualad"), 4.0, "×")
    yield Aim("the same on the tape", compared.ratio("tape"), 4.0, "×")
