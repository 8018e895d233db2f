"""GradBench's protocol: a message a line comes in as JSON, a response a line goes out.

Described in GradBench's CONTRIBUTING.md.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from importlib import import_module
from time import perf_counter_ns
from typing import Any, TextIO

from .function import Function, Functions

EVALS = (
    "hello", "llsq", "lse", "det", "ode", "gmm", "lstm", "kmeans", "ba", "ht", "particle", "saddle",
)  # fmt: skip


class MessageError(Exception):
    """What is wrong with a message, in words."""


class Session:
    """The tool's side of one conversation."""

    def __init__(self) -> None:
        self.compiled: set[Function] = set()

    def serve(self, messages: Iterable[str], responses: TextIO) -> None:
        """Answer every line; what goes wrong is an answer too."""
        for line in messages:
            if line.strip():
                responses.write(self.answer(line) + "\n")
                responses.flush()

    def answer(self, line: str) -> str:
        """The response to one line, as one line."""
        identity = None
        try:
            message = json.loads(line)
            if not isinstance(message, dict) or "id" not in message:
                raise MessageError("a message is a JSON object with an id")
            identity = message["id"]
            return json.dumps({"id": identity} | self.respond(message), allow_nan=False)
        except Exception as error:
            return json.dumps({"id": identity, "success": False, "error": described(error)})

    def respond(self, message: dict[str, Any]) -> dict[str, Any]:
        """What is to be said besides the message's id."""
        match message.get("kind"):
            case "start":
                return {"tool": "dualad"}
            case "define":
                functions(message.get("module"))
                return {"success": True}
            case "evaluate":
                return self.evaluate(message)
        return {}

    def evaluate(self, message: dict[str, Any]) -> dict[str, Any]:
        """Run a function as often and as long as the input asks for."""
        found = functions(message.get("module"))
        name, data = message.get("function"), message.get("input")
        if name not in found:
            raise MessageError(
                f"module {message['module']!r} has no function {name!r}; it has {', '.join(found)}"
            )
        function = found[name]
        runs, seconds = 1, 0.0
        if isinstance(data, dict):
            runs, seconds = data.get("min_runs", 1), data.get("min_seconds", 0.0)
        try:
            arguments = function.read(data)
        except KeyError as missing:
            raise MessageError(f"the input has no field {missing}") from None
        timings = []
        if function not in self.compiled:
            # The first call compiles, which is no part of an evaluation.
            timings.append(timed("compile", function.call, arguments)[1])
            self.compiled.add(function)
        elapsed = count = 0
        while count < max(runs, 1) or elapsed < 1e9 * seconds:
            result, timing = timed("evaluate", function.call, arguments)
            timings.append(timing)
            elapsed += timing["nanoseconds"]
            count += 1
        return {"success": True, "output": function.write(result), "timings": timings}


def functions(module: Any) -> Functions:
    """The functions of an eval."""
    if module not in EVALS:
        raise MessageError(f"there is no module {module!r}; there are {', '.join(EVALS)}")
    return import_module(f".{module}", __package__).FUNCTIONS


def timed(name: str, call: Callable[..., Any], arguments: tuple) -> tuple[Any, dict[str, Any]]:
    """The result of a call, and how long it took."""
    begin = perf_counter_ns()
    result = call(*arguments)
    return result, {"name": name, "nanoseconds": perf_counter_ns() - begin}


def described(error: Exception) -> str:
    """An exception in words."""
    return str(error) if isinstance(error, MessageError) else f"{type(error).__name__}: {error}"
