"""The mixture of the examples: ADBench's value, an independent formula, and both modes."""

import numpy as np
import pytest
from scipy.special import logsumexp, multigammaln

import dualad as da


@pytest.fixture
def gmm(example):
    return example("gmm")


def reference(alphas, means, icf, x, gamma, m):
    """The objective written with matrices: precision factors L, Mahalanobis distances |L (x - mean)|²."""
    n, d = x.shape
    terms = np.empty((n, alphas.size))
    prior = 0.0
    for j, entries in enumerate(icf):
        factor = np.diag(np.exp(entries[:d]))
        factor.T[np.triu_indices(d, 1)] = entries[d:]
        distances = np.sum(((x - means[j]) @ factor.T) ** 2, axis=1)
        log_determinant = entries[:d].sum()
        terms[:, j] = alphas[j] + log_determinant - 0.5 * distances
        prior += 0.5 * (gamma * np.linalg.norm(factor)) ** 2 - m * log_determinant
    freedom = d + m + 1
    norm = freedom * d * np.log(gamma / np.sqrt(2.0)) - multigammaln(0.5 * freedom, d)
    likelihood = logsumexp(terms, axis=1).sum() - n * logsumexp(alphas)
    return likelihood - 0.5 * n * d * np.log(2.0 * np.pi) + prior - alphas.size * norm


def test_value_is_that_of_adbench(gmm):
    arguments = gmm.read(gmm.DATA / "gmm_test.txt")
    assert gmm.gmm(*arguments) == pytest.approx(gmm.EXPECTED, rel=1e-12)


def test_shapes_of_the_large_file(gmm):
    alphas, means, icf, x, gamma, m = gmm.read(gmm.DATA / "gmm_1k_gmm_d10_K25.txt")
    assert (alphas.shape, means.shape, icf.shape, x.shape) == ((25,), (25, 10), (25, 55), (1000, 10))
    assert (gamma, m) == (1.0, 0)


def test_value_of_the_large_file(gmm):
    arguments = gmm.read(gmm.DATA / "gmm_1k_gmm_d10_K25.txt")
    assert gmm.gmm(*arguments) == pytest.approx(reference(*arguments), rel=1e-12)


def test_value_with_a_prior_on_the_precision(gmm):
    alphas, means, icf, x, _, _ = gmm.read(gmm.DATA / "gmm_test.txt")
    arguments = alphas, means, icf, x, 0.7, 3
    assert gmm.gmm(*arguments) == pytest.approx(reference(*arguments), rel=1e-12)


def test_gradients_of_both_modes(gmm):
    small = gmm.read(gmm.DATA / "gmm_test.txt")
    forward = da.value_and_grad(gmm.gmm, argnums=(0, 1, 2), mode="forward")
    reverse = da.value_and_grad(gmm.gmm, argnums=(0, 1, 2), mode="reverse")
    value, by_forward = forward(*small)
    also_value, by_reverse = reverse(*small)
    assert value == also_value == gmm.gmm(*small)
    assert [part.shape for part in by_forward] == [part.shape for part in small[:3]]
    assert gmm.largest_difference(by_forward, by_reverse) < 1e-13

    # With 1,650 parameters forward mode takes seconds, one central difference will do: it is good to 1e-8.
    large = gmm.read(gmm.DATA / "gmm_1k_gmm_d10_K25.txt")
    _, gradient = reverse(*large)
    directions = [np.random.default_rng(1).standard_normal(part.shape) for part in large[:3]]
    steps = [1e-5 * direction for direction in directions]
    ahead = gmm.gmm(*(part + step for part, step in zip(large[:3], steps, strict=True)), *large[3:])
    behind = gmm.gmm(*(part - step for part, step in zip(large[:3], steps, strict=True)), *large[3:])
    slope = sum(np.vdot(part, direction) for part, direction in zip(gradient, directions, strict=True))
    assert slope == pytest.approx((ahead - behind) / 2e-5, rel=1e-6)
