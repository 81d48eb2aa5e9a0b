from types import SimpleNamespace
from typing import Any, cast

import numpy as np

from blindsr.reproduce.figures import Series, training
from blindsr.reproduce.measure import Ours
from blindsr.reproduce.runs import Trained
from blindsr.reproduce.study import study


def test_a_table_becomes_lines() -> None:
    work = cast("Any", SimpleNamespace(runs=SimpleNamespace(study=study("cmdsr-table-5")), cells={}))
    figure = Series(kind="series", title="T", x="k", groups={"n = 20": {0: 2.0, 1: 4.0}})
    plot, told = figure.draw(work)
    assert plot is not None
    (paper,) = plot.axes[0].lines
    assert np.array_equal(paper.get_xydata(), [[2, 26.96], [4, 27.03]])
    assert told == {"n = 20": {"x": [], "psnr": []}}
    work.cells = {(0, 1, 0): Ours.of([(26.0,)])}
    plot, told = figure.draw(work)
    assert plot is not None
    assert len(plot.axes[0].lines) == 2
    assert told == {"n = 20": {"x": [4.0], "psnr": [26.0]}}


def test_training_curves() -> None:
    curve = ((10, 25.0, 24.0), (20, 26.0, 24.0))
    runs = [Trained("a", 0, None, "r", 20, 20, 0.0, curve), Trained("b", 0, None, "r", 20, 20, 0.0)]
    plot = training(runs, "T")
    assert plot is not None
    (line,) = plot.axes[0].lines
    assert np.array_equal(line.get_xydata(), [[10, 25.0], [20, 26.0]])
    assert training(runs[1:], "T") is None
