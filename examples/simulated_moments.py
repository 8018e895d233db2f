"""Stochastic volatility fitted to returns by the method of simulated moments (McFadden, 1989).

`python examples/simulated_moments.py FOLDER` prints the estimates, and saves a picture of the moments there.
Goal: the estimates are within three standard errors of the parameters that made the data.
"""

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from numba import njit
from scipy.optimize import least_squares

import dualad as da

NAMES = ("level", "persistence", "spread")
TRUE = np.array([-1.0, 0.9, 0.5])
START = np.array([0.0, 0.5, 1.0])
LAGS = np.array([0, 1, 2, 5, 10, 20])
DAYS, TIMES = 5_000, 10  # of data, and how many times as long the simulation is


@njit
def moments_of(x, lags):
    """The mean of a series, and its autocovariances."""
    deviations = x - np.mean(x)
    found = np.empty(1 + lags.size)
    found[0] = np.mean(x)
    for i in range(lags.size):
        count = x.size - lags[i]
        found[1 + i] = np.sum(deviations[:count] * deviations[lags[i] :]) / count
    return found


@njit
def simulated(level, persistence, spread, days, lags, rng):
    """Moments of the logarithms of squared returns, whose log variance is an autoregressive process."""
    x = np.empty(days)
    h = rng.normal(0.0, spread / np.sqrt(1.0 - persistence**2))
    for day in range(days):
        x[day] = level + h + np.log(rng.standard_normal() ** 2)
        h = rng.normal(persistence * h, spread)
    return moments_of(x, lags)


slopes = da.jacobian(simulated, argnums=(0, 1, 2))


def fitted(data: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Parameters whose simulated moments are closest to those of the data; all simulations draw alike."""

    def draws():
        return np.random.default_rng(2)

    result = least_squares(
        lambda theta: weights * (simulated(*theta, TIMES * DAYS, LAGS, draws()) - data),
        START,
        lambda theta: weights[:, None] * np.column_stack(slopes(*theta, TIMES * DAYS, LAGS, draws())),
        bounds=([-np.inf, -0.999, 1e-3], [np.inf, 0.999, np.inf]),
    )
    print(f"{result.message} {result.nfev} simulations, {result.njev} Jacobians")
    return result.x


def standard_errors(theta: np.ndarray, weights: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Of the estimates, from the scatter of the moments in data of other samples."""
    sample = np.array([simulated(*theta, DAYS, LAGS, rng) for _ in range(200)])
    covariance = (1.0 + 1.0 / TIMES) * np.cov(sample.T)
    jacobian = np.column_stack(slopes(*theta, TIMES * DAYS, LAGS, rng))
    by_moments = np.linalg.pinv(weights[:, None] * jacobian) * weights
    return np.sqrt(np.diag(by_moments @ covariance @ by_moments.T))


def main(out: Path = Path("demo-output")) -> np.ndarray:
    """Fit to data with known parameters; return the errors of the estimates in standard errors."""
    rng = np.random.default_rng(0)
    data = simulated(*TRUE, DAYS, LAGS, rng)
    weights = 1.0 / np.array([simulated(*START, DAYS, LAGS, rng) for _ in range(50)]).std(axis=0)
    theta = fitted(data, weights)
    deviation = standard_errors(theta, weights, rng)
    off = (theta - TRUE) / deviation
    for row in zip(NAMES, TRUE, theta, deviation, off, strict=True):
        print("{:<11} true {:+.3f}, {:+.3f} ± {:.3f} estimated: {:+.1f} standard errors".format(*row))
    print(f"Goal (all within 3 standard errors): {'reached' if np.all(abs(off) < 3.0) else 'missed'}")
    plt.figure(figsize=(5, 3.6), layout="constrained")
    for name, given, style in (("at the start", START, "x:"), ("fitted", theta, "s-")):
        model = simulated(*given, TIMES * DAYS, LAGS, rng)
        plt.plot(LAGS, model[1:], style, label=f"model, {name}")
    plt.plot(LAGS, data[1:], "ko", label="data")
    plt.xlabel("lag in days")
    plt.ylabel("autocovariance of log r²")
    plt.legend()
    out.mkdir(parents=True, exist_ok=True)
    plt.savefig(out / "simulated_moments.png")
    plt.close()
    print(f"Moments: {out / 'simulated_moments.png'}")
    return off


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
