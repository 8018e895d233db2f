"""Hydrology: balances of snow, interception and root zone, recharge, noise models."""

from __future__ import annotations

import numpy as np

from ..case import Case


def rain():
    return 2.1 + 1.9 * np.sin(np.arange(25.0) * 1.7)


def evaporation():
    return 1.3 + 0.9 * np.cos(np.arange(25.0) * 0.4)


R = "pastas.recharge"
CASES = (
    Case(
        f"{R}:FlexModel.get_root_zone_balance",
        lambda: (rain(), evaporation(), 22.0, 0.27, 9.0, 2.6, 1.0),
        (0, 1, 2, 3, 4, 5),
    ),
    Case(f"{R}:FlexModel.get_interception_balance", lambda: (rain(), evaporation(), 2.3, 1.0), (0, 1, 2)),
    Case(
        f"{R}:FlexModel.get_snow_balance",
        lambda: (rain(), 3.0 * np.sin(np.arange(25.0) * 0.5) + 0.1, 0.3, 1.2),
        (0, 1, 2, 3),
    ),
    Case(
        f"{R}:Berendrecht.get_recharge",
        lambda: (rain(), evaporation(), 0.93, 1.02, 0.31, 27.0, -2.1, 0.53, 41.0, 1.0),
        (2, 3, 4, 5, 6, 7, 8),
    ),
    Case(
        f"{R}:Peterson.get_recharge",
        lambda: (rain(), evaporation(), 1.4, 0.9, 0.6, 0.21, 1.3, 1.0),
        (2, 3, 4, 5, 6),
    ),
    Case(
        "pastas.stressmodels:TarsoModel.tarso",
        lambda: (np.array([21.0, 34.0, 2.1, 1.3, 11.0, 2.6]), 0.1 * rain(), 1.0),
        (0, 1),
    ),
    Case(
        "pastas.noisemodels:ArmaNoiseModel.calculate_noise",
        lambda: (np.sin(np.arange(12.0)), np.full(12, 1.3), 14.0, 8.0),
        (0, 2, 3),
    ),
)
