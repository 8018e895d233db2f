"""Pickling of derivatives.

What is sent is the user's function and what was asked of it; the other process compiles that, or finds it on
the disk. Whichever pickler is called, Numba's does the work: it takes functions of scripts, of notebooks and
of other functions. The sources of such functions are sent along, as compiled adjoints are made from them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import CodeType, FunctionType
from typing import Any
from weakref import WeakKeyDictionary

from ..cache import origins, scopes
from ..compiler.dispatch.driver import Driver
from ..errors import DualadError
from ..numba_api import Dispatcher, by_uuid, serialize, set_uuid, uuid_of

Sources = dict[CodeType, tuple[int, str]]

_noted: WeakKeyDictionary[Driver, Sources] = WeakKeyDictionary()


class Parcel:
    """Things that only Numba's pickler takes, packed up for all others."""

    def __init__(self, contents: tuple[Callable[[], Driver], Sources] | bytes) -> None:
        self._contents = contents

    def opened(self) -> tuple[Callable[[], Driver], Sources]:
        if isinstance(self._contents, bytes):
            return serialize.loads(self._contents)
        return self._contents

    def __reduce__(self) -> tuple[Any, ...]:
        packed = isinstance(self._contents, bytes)
        return Parcel, (self._contents if packed else serialize.dumps(self._contents),)


# Within Numba's pickler there is nothing to pack up, and what was pickled already is known.
serialize.NumbaPickler.dispatch_table[Parcel] = lambda parcel: (Parcel, (parcel._contents,))


class Undelivered:
    """What stands for a derivative that cannot be made in this process; a call says why.

    If unpickling raised, the workers of a pool of ``multiprocessing`` would die of it one after the other,
    while the pool waits for their results.
    """

    def __init__(self, uuid: str, name: str, parcel: Parcel, reason: Exception) -> None:
        self.__name__ = name
        self._sent = uuid, name, parcel
        self._message = (
            f"the derivative {name!r} cannot be made in this process: {type(reason).__name__}: {reason}; "
            f"the modules that its function needs must be importable here, in the same versions"
        )

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        """Raise DualadError: the derivative is not there."""
        raise DualadError(self._message)

    def __repr__(self) -> str:
        return f"<{self._message}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return delivered, self._sent


def reduced(driver: Driver) -> tuple[Any, ...]:
    """A driver as picklers want it."""
    return delivered, (uuid_of(driver), driver.__name__, Parcel((driver.remake, _sources(driver))))


def delivered(uuid: str, name: str, parcel: Parcel) -> Driver | Undelivered:
    """The driver that was sent; the same one if it is sent again, so that it is compiled once."""
    known = by_uuid(uuid)
    if known is not None:
        return known
    try:
        remake, sources = parcel.opened()
        driver = remake()
    except Exception as reason:
        return Undelivered(uuid, name, parcel, reason)
    set_uuid(driver, uuid)
    if sources:
        from ..adjoints.frontend.sources import learn

        for function in _functions(driver):
            if function.__code__ in sources:
                learn(function, *sources[function.__code__])
    return driver


def _sources(driver: Driver) -> Sources:
    from ..adjoints.errors import NotTransformable
    from ..adjoints.frontend.sources import segment_of

    if driver in _noted:  # schedulers pickle a function with each task
        return _noted[driver]
    found: Sources = _noted.setdefault(driver, {})
    for function in _functions(driver):
        try:
            found[function.__code__] = segment_of(function)
        except NotTransformable:
            continue  # it runs on the tape there as it does here
    return found


def _functions(driver: Driver) -> Iterator[FunctionType]:
    """The user's functions that a driver leads to."""
    waiting: list[Any] = [driver]
    seen = set()
    while waiting:
        value = waiting.pop()
        if isinstance(value, tuple):
            waiting += value
        elif isinstance(value, Driver):
            waiting.append(value.differentiated)
        elif isinstance(value, Dispatcher):
            waiting.append(value.py_func)
        elif isinstance(value, FunctionType) and value not in seen and not origins.is_known(value):
            seen.add(value)
            yield value
            waiting += [around for _, around in scopes.values(value)]
