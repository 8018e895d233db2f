"""Runs groups of cases in processes of their own: a crash or a hang is a row, not the end."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO

from .case import Case, load
from .examine import Row

ROOT = Path(__file__).parents[2]
WORKER = f"{__package__}.worker"
ENVIRONMENT = {
    "DUALAD_CACHE": "0",  # compile times are those of compilation
    "DUALAD_VALUE_CHECK": "always",
    "PVLIB_USE_NUMBA": "1",
    **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1"),
}
Told = Callable[[Row], None]


def run(
    groups: Sequence[str], seconds: float, limit: float, workers: int, told: Told, part: str = ""
) -> list[Row]:
    """All rows, in the order of the cases.

    Parameters
    ----------
    groups : sequence of str
        As for :func:`load`.
    seconds : float
        To measure each case.
    limit : float
        Seconds after which a case is given up.
    workers : int
        Groups that run at the same time.
    told : callable
        Called with each row as it comes, from several threads.
    part : str
        Only cases whose names contain it.
    """
    with ThreadPoolExecutor(workers) as pool:
        found = pool.map(lambda group: list(_group(group, seconds, limit, told, part)), groups)
        return [row for rows in found for row in rows]


def chosen(group: str, part: str = "") -> list[int]:
    """Numbers of the cases of a group."""
    return [n for n, case in enumerate(load(group)) if part in case.name]


def _group(group: str, seconds: float, limit: float, told: Told, part: str) -> Iterator[Row]:
    cases, left = load(group), chosen(group, part)
    while left:
        for n, row in _process(group, cases, left, seconds, limit):
            left = [m for m in left if m != n]
            told(row)
            yield row


def _process(
    group: str, cases: Sequence[Case], numbers: list[int], seconds: float, limit: float
) -> Iterator[tuple[int, Row]]:
    """The rows that one process finds; the last of them says how it ended, if not well."""
    command = [sys.executable, "-m", WORKER, group, str(seconds), *map(str, numbers)]
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=errors, text=True, cwd=ROOT, env=os.environ | ENVIRONMENT
        )
        lines = _Lines(process.stdout)
        current: int | None = None
        try:
            while (line := lines.next(limit)) is not None:
                message = json.loads(line)
                current = message.get("begin")
                if "row" in message:
                    yield message["end"], Row(**message["row"])
            if process.wait() == 0:
                return
            verdict, note = "CRASHED", f"exit status {process.returncode}: {_last(errors)}"
        except queue.Empty:
            verdict, note = "timed out", f"after {limit:.0f} s"
        finally:
            process.kill()
            process.wait()
            lines.join()
            process.stdout.close()
        if current is None:  # between two cases, or before the first
            current = numbers[0]
            verdict = "not run"
        case = cases[current]
        yield current, Row(case.name, case.package, verdict, notes=[note])


class _Lines:
    """The lines of a stream as they come, then None."""

    def __init__(self, stream: IO[str]) -> None:
        self._found: queue.Queue[str | None] = queue.Queue()
        self._thread = threading.Thread(target=self._read, args=(stream,), daemon=True)
        self._thread.start()

    def _read(self, stream: IO[str]) -> None:
        for line in stream:
            self._found.put(line)
        self._found.put(None)

    def next(self, limit: float) -> str | None:
        """The next line; queue.Empty if none comes within `limit` seconds."""
        return self._found.get(timeout=limit)

    def join(self) -> None:
        self._thread.join()


def _last(errors: IO[bytes]) -> str:
    errors.seek(0)
    text = errors.read().decode(errors="replace").strip().splitlines()
    return text[-1][:200] if text else "nothing on standard error"
