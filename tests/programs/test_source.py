"""Random programs compiled from source text: loops, branches, slices, helpers as a user writes them.

Each costs a compilation per mode, so there are few here; ``make battery`` runs as many as asked for.
"""

from __future__ import annotations

import pytest

from tests.programs.battery import check, drawn_programs

COUNT = 24


@pytest.mark.parametrize("number", range(COUNT))
def test_program(number):
    check(*drawn_programs(COUNT)[number])
