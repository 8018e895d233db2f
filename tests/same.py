"""Comparison of results by form and value."""

import numpy as np


def assert_same(got, want, rtol=1e-13, atol=0.0):
    """`got` has the form of `want`: type, shape and dtype; and its values, to `rtol`."""
    assert type(got) is type(want)
    if isinstance(want, tuple):
        assert len(got) == len(want)
        for g, w in zip(got, want, strict=True):
            assert_same(g, w, rtol, atol)
    elif isinstance(want, np.ndarray):
        assert got.dtype == want.dtype
        assert got.shape == want.shape
        np.testing.assert_allclose(got, want, rtol=rtol, atol=atol)
    else:
        np.testing.assert_allclose(got, want, rtol=rtol, atol=atol)


def assert_identical(got, want):
    """The same form and the same bits, signs of zeros and NaNs aside."""
    assert_same(got, want, rtol=0.0)
