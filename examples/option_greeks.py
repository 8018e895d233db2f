"""Greeks of a call option: one gradient of its Monte Carlo price, compared with Black and Scholes.

`python examples/option_greeks.py FOLDER` prints price and Greeks, and saves a picture of their errors there.
Goal: price and Greeks are within four standard errors of the exact ones.
"""

import sys
from math import exp, log, sqrt
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from numba import njit
from scipy.stats import norm

import dualad as da

NAMES = ("price", "delta", "vega", "rho", "theta")
MARKET = (100.0, 0.2, 0.03, 1.5)  # spot, volatility, interest rate, years to maturity
STRIKE = 105.0
BATCHES = 64


@njit
def price(spot, volatility, rate, years, strike, paths, rng):
    """Mean discounted payoff over simulated prices at maturity."""
    drift, deviation = (rate - 0.5 * volatility**2) * years, volatility * np.sqrt(years)
    total = 0.0
    for _ in range(paths):
        total += max(spot * rng.lognormal(drift, deviation) - strike, 0.0)
    return np.exp(-rate * years) * total / paths


price_and_greeks = da.value_and_grad(price, argnums=(0, 1, 2, 3))


def black_scholes(spot, volatility, rate, years, strike):
    """The exact price, and its derivatives with respect to the first four arguments."""
    deviation, discounted = volatility * sqrt(years), strike * exp(-rate * years)
    d1 = (log(spot / discounted) + 0.5 * deviation**2) / deviation
    exercise, vega = norm.cdf(d1 - deviation), spot * sqrt(years) * norm.pdf(d1)
    return np.array([
        spot * norm.cdf(d1) - discounted * exercise,
        norm.cdf(d1),
        vega,
        years * discounted * exercise,
        vega * volatility / (2.0 * years) + rate * discounted * exercise,
    ])  # fmt: skip


def estimated(paths: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Price and Greeks, each with its standard error, from batches of paths."""
    batches = np.empty((BATCHES, len(NAMES)))
    for batch in batches:
        batch[0], batch[1:] = price_and_greeks(*MARKET, STRIKE, paths // BATCHES, rng)
    return batches.mean(axis=0), batches.std(axis=0, ddof=1) / sqrt(BATCHES)


def main(out: Path = Path("demo-output")) -> np.ndarray:
    """Estimate with up to a million paths; return the last errors in units of their standard errors."""
    rng = np.random.default_rng(1)
    exact = black_scholes(*MARKET, STRIKE)
    counts = BATCHES * 4 ** np.arange(1, 8)
    errors = []
    for paths in counts:
        mean, deviation = estimated(paths, rng)
        errors.append(abs(mean / exact - 1.0))
    off = (mean - exact) / deviation
    for row in zip(NAMES, exact, mean, deviation, off, strict=True):
        print("{:<6} exact {:9.5f}, {:9.5f} ± {:.5f} by simulation: {:+.1f} standard errors".format(*row))
    reached = "reached" if np.all(abs(off) < 4.0) else "missed"
    print(f"Goal (all within 4 standard errors, from {counts[-1]} paths): {reached}")
    plt.figure(figsize=(5, 3.6), layout="constrained")
    plt.loglog(counts, np.array(errors), "o-", label=NAMES)
    plt.loglog(counts, 1.0 / np.sqrt(counts), "k--", label="1 / √paths")
    plt.xlabel("paths")
    plt.ylabel("relative error")
    plt.legend()
    out.mkdir(parents=True, exist_ok=True)
    plt.savefig(out / "option_greeks.png")
    plt.close()
    print(f"Errors: {out / 'option_greeks.png'}")
    return off


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
