import numpy as np

from blindsr.reproduce.drawings.kinds import training
from blindsr.reproduce.runs import Trained


def test_training_curves() -> None:
    curve = ((10, 25.0, 24.0), (20, 26.0, 24.0))
    runs = [Trained("a", 0, None, "r", 20, 20, 0.0, curve), Trained("b", 0, None, "r", 20, 20, 0.0)]
    plot = training(runs, "T")
    assert plot is not None
    (line,) = plot.axes[0].lines
    assert np.array_equal(line.get_xydata(), [[10, 25.0], [20, 26.0]])
    assert training(runs[1:], "T") is None
