import matplotlib.image
import numpy as np

from dualad.nist import Fit, problem
from dualad.nist.picture import draw
from dualad.nist.study import Row, Score


def test_draws_one_and_two_predictors(tmp_path):
    rows = []
    for name in ("Misra1a", "Nelson"):
        prepared = problem(name)
        data = prepared.data
        found = Fit(data.certified, data.certified_deviations, data.rss, "lm", 1, 1, 0.0, True)
        score = Score(11.0, 11.0, 11.0, 1.0)
        rows += [Row(prepared, start, found, score, score) for start in (1, 2)]
    draw(rows, tmp_path / "fits.png")
    image = matplotlib.image.imread(tmp_path / "fits.png")[..., :3]
    red = (image[..., 0] > 0.7) & (image[..., 1] < 0.3)  # the fitted curves, in both halves
    half = image.shape[1] // 2
    assert red[:, :half].sum() > 100
    assert red[:, half:].sum() > 100
    assert np.all(image[0, 0] == 1.0)
