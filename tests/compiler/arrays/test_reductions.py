"""NumPy functions of whole arrays, other than linear algebra."""

import numpy as np
import pytest
from numba import njit

import dualad as da
from tests.agreement import assert_agrees

POINT = np.array([0.7, 1.3, -0.4, 2.1, 0.9, 1.7])
WEIGHTS = np.array([0.3, -1.1, 0.7, 0.2, 1.9, -0.6])


def statistics(x):
    s = np.mean(x) + 2 * x.mean() + np.var(x) * x.std() + np.std(x) * x.var() + x.prod() * np.prod(x[1:])
    return s + np.median(x) * np.ptp(x) + np.percentile(x, 40.0) + np.quantile(x, np.array([0.1, 0.8])).sum()


@njit
def spreads(x):
    c = x - np.mean(x)
    return np.array(
        [np.std(x), np.var(x), x.std(), np.linalg.norm(c), np.sqrt(c @ c), np.sqrt(np.sum(c * c))]
    )


@njit
def spreads_by_numba(x):
    a = np.empty((2, x.size))
    a[0] = x
    a[1] = 2.0 * x
    return np.array([np.nanstd(x), np.nanvar(x), np.sqrt(np.cov(x).item()), np.sqrt(np.cov(a)[0, 1])])


@pytest.mark.parametrize(
    ("f", "modes"),
    [
        (spreads, ("adjoint", "tape", "forward")),
        pytest.param(spreads_by_numba, ("tape", "forward"), marks=pytest.mark.battery),
    ],
)
def test_a_common_shift_does_not_change_a_spread(f, modes):
    """Nor does it where elements are equal, or equal up to rounding: the mean is rounded, too."""
    points = [np.full(12, 0.3), np.full(7, 0.1), np.ones(3), 0.3 + 1e-16 * np.arange(5), 1e8 + np.arange(4.0)]
    for mode in modes:
        jacobian = da.jacobian(f, mode=mode)
        for x in points:
            np.testing.assert_allclose(jacobian(x).sum(1), 0.0, atol=1e-12, err_msg=f"{mode} at {x}")


def missing(x):
    y = x.copy()
    y[2] = np.nan
    s = np.nansum(y) * np.nanmean(y) + np.nanvar(y) * np.nanstd(y) + np.nanmedian(y) * np.nanmin(y)
    return (
        s
        + np.nanmax(y) * np.nanprod(y)
        + np.nanpercentile(y, 30.0)
        + np.nancumsum(y)[3] * np.nancumprod(y)[4]
    )


def scans(x, w):
    s = np.sum(w * np.cumsum(x)) + np.sum(w * x.cumprod()) + np.sum(w[1:] * np.diff(x)) + x.cumsum()[3]
    return s + np.sum(w[1:] * np.ediff1d(x)) + np.sum(w * np.unwrap(4 * x))


def axes(x, w):
    a = (x * x).reshape((1, 2, 3))
    return (
        np.sum(a, dtype=np.float64)
        + np.sum(np.sum(a, axis=1) ** 2)
        + np.sum(a.sum(-1) ** 3)
        + np.sum(a.sum(0) * w.reshape((2, 3)))
    )


def signals(x, w):
    s = (
        np.sum(np.convolve(x, w) ** 2)
        + np.sum(np.correlate(x, x[:3]) ** 2)
        + np.interp(1.5, np.arange(6.0), x)
    )
    grid = np.arange(-1.0, 4.0)
    s += np.sum(np.interp(x, grid, grid**3)) + np.trapezoid(x) + np.trapezoid(w, x * x)
    return s + np.sum(np.cross(x[:3], x[3:]) * w[:3]) + np.sum(np.vander(x)[:, 2] * w)


def covariances(x, w):
    a = x.reshape((2, 3))
    s = np.sum(np.cov(a) ** 2) + np.sum(np.corrcoef(a) ** 3) + np.cov(x).item()
    return s + np.average(x) * np.average(x, weights=w * w + x * x)


def rearrangements(x, w):
    s = np.sum(np.append(x, x[0] * w) ** 2) + np.sum(np.unique(x)[:2]) + np.union1d(x, w)[7]
    s += np.sum(np.extract(x > 1.0, x) ** 2) + np.sum(np.linspace(x[0], x[1], 5) ** 2)
    return s + np.sum(np.bincount(np.array([1, 2, 1, 5, 0, 1]), x) ** 2) + np.sum(np.nan_to_num(x / w))


def positions(x, w):
    s = np.sum(w[np.searchsorted(np.sort(x), x)] * x) + x[np.nanargmax(x)] * x[np.nanargmin(x)]
    s += (
        np.histogram(x, 3)[0][0] * x[0]
        + np.digitize(x, np.array([0.0, 1.0]))[1] * x[1]
        + x[np.argpartition(x, 2)[2]]
    )
    return s + np.sum(x * np.isin(x, x[:2]))


@pytest.mark.battery
@pytest.mark.parametrize("f", [statistics, missing])
def test_numbers_made_of_an_array(f):
    assert_agrees(f, POINT)


@pytest.mark.parametrize("f", [axes])
def test_arrays_made_of_an_array(f):
    assert_agrees(f, POINT, WEIGHTS)


@pytest.mark.battery
@pytest.mark.parametrize("f", [scans, signals, covariances, rearrangements, positions])
def test_arrays_made_of_arrays(f):
    assert_agrees(f, POINT, WEIGHTS)


def layouts(x):
    a = x.reshape((2, 3))
    s = np.sum(a.T, axis=0)[1] * np.mean(a[:, ::2]) + np.cumsum(a.T)[3] + np.var(a.T[1:])
    return s + np.sum(x[:0]) + x[:1].mean() + np.sum(a[:, :0], axis=1)[0]


def test_views_of_any_layout_and_size():
    assert_agrees(layouts, POINT)


def curved(x):
    a = x.reshape((2, 3))
    return np.var(x) * np.sum(np.sum(a * a, axis=0) ** 2) + np.sum((a @ a.T) ** 2)


@pytest.mark.battery
def test_second_derivatives_do_not_depend_on_the_modes():
    want = da.jacobian(da.grad(curved, mode="forward"), mode="forward")(POINT)
    for outer, inner in (("forward", "reverse"), ("reverse", "forward"), ("reverse", "reverse")):
        got = da.jacobian(da.grad(curved, mode=inner), mode=outer)(POINT)
        np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(want, want.T, rtol=1e-12, atol=1e-12)


def test_single_precision_stays_single():
    def f(x):
        return np.sum(x * x) + np.sum((x.reshape((2, 3)) @ x.reshape((3, 2))) ** 2)

    x = POINT.astype(np.float32)
    for mode in ("forward", "reverse"):
        gradient = da.grad(f, mode=mode)(x)
        assert gradient.dtype == np.float32
        np.testing.assert_allclose(gradient, da.grad(f)(POINT), rtol=1e-5)


def test_a_block_that_exceeds_the_memory_limit():
    def f(x, n):
        a = np.ones((n, n)) * x[0]
        return np.sum(a @ a)

    gradient = da.grad(f, mode="tape")
    x = np.ones(1)
    before = da.tape_limit()
    da.set_tape_limit(1 << 20)
    try:
        with pytest.raises(da.MemoryLimitError):
            gradient(x, 300)
        np.testing.assert_allclose(gradient(x, 10), 2 * 10**3)
    finally:
        da.set_tape_limit(before)


def test_results_of_constants_are_constants():
    def f(x, a):
        return np.sum(a @ a, axis=0)[0] * x[0]

    a = np.arange(4.0).reshape((2, 2))
    for mode in ("forward", "reverse"):
        np.testing.assert_array_equal(da.grad(f, mode=mode)(np.ones(1), a), [8.0])


def quartic(x):
    a = x.reshape((2, 3))
    return np.sum((a @ a.T) ** 2)


def test_second_derivatives_of_a_block():
    def hessian_by_hand(x):
        a = x.reshape((2, 3))
        slope = np.zeros((2, 3, 2, 3))
        for i in range(6):
            d = np.zeros(6)
            d[i] = 1.0
            d = d.reshape((2, 3))
            slope[..., i // 3, i % 3] = 4.0 * ((d @ a.T + a @ d.T) @ a + a @ a.T @ d)
        return slope.reshape((6, 6))

    got = da.jacobian(da.grad(quartic, mode="reverse"), mode="reverse")(POINT)
    np.testing.assert_allclose(got, hessian_by_hand(POINT), rtol=1e-12, atol=1e-12)
