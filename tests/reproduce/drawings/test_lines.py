from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np

from blindsr.evaluate import data_sets, protocol
from blindsr.inference import Upscaler
from blindsr.methods.mzsr.model import MZSR, MZSRConfig
from blindsr.reproduce.drawings.curve import curve
from blindsr.reproduce.drawings.lines import Progress, Series, Steps, StepsLine
from blindsr.reproduce.measure import MeasuredCell
from blindsr.reproduce.runs import Trained
from blindsr.reproduce.study import study


def test_a_table_becomes_lines() -> None:
    table = study("cmdsr-table-5").tables[0]
    work = cast("Any", SimpleNamespace(paper=lambda _, row, column: table.paper(table.rows[row])[column][0], cells={}))
    figure = Series(kind="series", title="T", x="k", groups={"n = 20": {0: 2.0, 1: 4.0}})
    plot, numbers = figure.draw(work)
    assert plot is not None
    (paper,) = plot.axes[0].lines
    assert np.array_equal(paper.get_xydata(), [[2, 26.96], [4, 27.03]])
    assert numbers == {"n = 20": {"x": [], "psnr": []}}
    work.cells = {(0, 1, 0): MeasuredCell.of([(26.0,)])}
    plot, numbers = figure.draw(work)
    assert plot is not None
    assert len(plot.axes[0].lines) == 2
    assert numbers == {"n = 20": {"x": [4.0], "psnr": [26.0]}}


def test_what_is_watched_becomes_lines() -> None:
    runs = [
        Trained("a", 0, None, "r", 2, 2, 0.0, watched=((1, 20.0), (2, 21.0))),
        Trained("b", 0, None, "r", 2, 2, 0.0),
    ]
    figure = Progress(kind="progress", title="T")
    plot, numbers = figure.draw(cast("Any", SimpleNamespace(trained=runs)))
    assert plot is not None
    assert np.array_equal(plot.axes[0].lines[0].get_xydata(), [[1, 20.0], [2, 21.0]])
    assert numbers == {"a, seed 0": {"x": [1, 2], "psnr": [20.0, 21.0]}}
    assert figure.draw(cast("Any", SimpleNamespace(trained=runs[1:]))) == (None, {})


def test_steps_are_the_curve(hr_folder: Path) -> None:
    upscaler = Upscaler(MZSR(MZSRConfig(layers=3, channels=4)), device="cpu", precision="fp32")
    data = data_sets(hr_folder)[0]
    line = StepsLine(label="one", variant="a")
    name = "mzsr-g2.0-direct"
    figure = Steps(kind="steps", title="T", data="Set5", protocol=name, counts=(0, 2), lines=(line,))
    other = Upscaler(MZSR(MZSRConfig(layers=2, channels=4)), device="cpu", precision="fp32")
    work = cast("Any", SimpleNamespace(sets={"set5": data}, upscalers=lambda _: (upscaler, other)))
    plot, numbers = figure.draw(work)
    assert plot is not None
    seeds = [curve("one", seed, protocol(name), data, (0, 2)).psnr for seed in (upscaler, other)]
    assert numbers["one"] == {"x": [0, 2], "psnr": [sum(pair) / 2 for pair in zip(*seeds, strict=True)]}
    work.sets = {}
    assert figure.draw(work) == (None, {})
