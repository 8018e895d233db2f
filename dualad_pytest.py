"""Pytest plugin: the fixture `check_derivatives` and the option ``--dualad-orders``.

pytest loads it in every run if dualad is installed. Therefore it lies outside of the package, which imports
Numba; the fixture imports the checker when a test uses it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

__all__ = ["check_derivatives", "pytest_addoption"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--dualad-orders``."""
    group = parser.getgroup("dualad", "derivatives")
    group.addoption(
        "--dualad-orders", type=_orders, metavar="ORDERS",
        help="orders of dualad's own derivatives that the fixture check_derivatives checks where a test "
        "names none: 1, or 1,2",
    )  # fmt: skip


def _orders(text: str) -> tuple[int, ...]:
    try:
        orders = tuple(int(part) for part in text.split(","))
    except ValueError:
        orders = (0,)
    if min(orders) < 1:
        raise pytest.UsageError(f"--dualad-orders must be numbers from 1 on, as in 1,2, not {text!r}")
    return orders


@pytest.fixture
def check_derivatives(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Check as ``dualad.check_derivatives`` does; the test fails with the report if a derivative is wrong."""
    from dualad.check import check_derivatives as check

    orders = request.config.getoption("--dualad-orders")

    def checked(f: Callable[..., Any], *args: Any, **options: Any) -> Any:
        __tracebackhide__ = True
        if orders is not None and options.keys().isdisjoint(("jac", "hess", "hvp")):
            options.setdefault("orders", orders)
        report = check(f, *args, **options)
        if not report.ok:
            pytest.fail(str(report), pytrace=True)
        return report

    return checked
