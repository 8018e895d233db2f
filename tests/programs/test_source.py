"""Random programs compiled from source text: loops, branches, slices, helpers as a user writes them.

Each costs a compilation per mode, so there are few here, and a fifth of them in ``make test``.
``make battery`` runs as many as asked for.
"""

from __future__ import annotations

import pytest

from tests.programs.battery import check, drawn_programs

COUNT, FEW = 24, 5
MORE = [pytest.param(number, marks=pytest.mark.battery) for number in range(FEW, COUNT)]


@pytest.mark.parametrize("number", [*range(FEW), *MORE])
def test_program(number):
    check(*drawn_programs(COUNT)[number])
