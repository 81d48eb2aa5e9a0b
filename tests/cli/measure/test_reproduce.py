from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from blindsr.reproduce import studies

Run = Callable[..., Any]


def test_every_study_is_listed(blindsr: Run) -> None:
    ended = blindsr("reproduce", "--list")
    assert ended.code == 0
    lines = ended.out.splitlines()
    assert [line.split(":")[0] for line in lines] == list(studies())
    assert lines[[line.split(":")[0] for line in lines].index("mrda-table-4")].endswith("NTIRE2020, weights of LPIPS")
    assert "needs 3 trainings, Set5" in next(line for line in lines if line.startswith("cmdsr-table-5:"))


def test_weights_are_measured_and_printed_beside_the_paper(blindsr: Run, tiny: Path, tmp_path: Path) -> None:
    (tmp_path / "Set5").mkdir()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (48, 48, 3), np.uint8)).save(tmp_path / "Set5" / "a.png")
    use = [f"{variant}={tiny}" for variant in ("k2", "k4", "k8")]
    common = ("reproduce", "cmdsr-table-5", "--data", tmp_path / "Set5", "--device", "cpu", "--out")
    ended = blindsr(*common, tmp_path / "out", "--use", *use)
    assert ended.code == 0, ended.err
    assert "26.96" in ended.out
    assert "cmdsr_x4.tiny, not trained here" in ended.out
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        *("study.json", "table.md", "table.json", "figure.svg", "figure.png")
    }
    for arguments, words in (
        (("reproduce", "cmdsr-table-55", "--out", tmp_path / "o"), "did you mean"),
        (("reproduce", "cmdsr-table-5"), "--out"),
        ((*common, tmp_path / "o"), "--train"),
        ((*common, tmp_path / "o", "--use", "k2"), "VARIANT=WEIGHTS"),
        ((*common, tmp_path / "o", "--budget", "soon"), "'soon'"),
        ((*common, tmp_path / "out", "--budget", "2h"), "has the budget 30m"),
    ):
        ended = blindsr(*arguments)
        assert ended.code == 2
        assert ended.err.count("\n") == 1
        assert words in ended.err


def test_an_interruption_names_the_way_to_continue(
    blindsr: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("blindsr.reproduce.reproduce", interrupted)
    ended = blindsr("reproduce", "cmdsr-table-5", "--out", tmp_path / "o")
    assert ended.code == 130
    assert "the same command continues" in ended.err
