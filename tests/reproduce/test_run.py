"""Studies from beginning to end, with numbers so small that each takes a moment."""

import json
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from blindsr.errors import BlindSRError, Code
from blindsr.reproduce import Request, reproduce, studies, study
from blindsr.reproduce.budget import Budget
from blindsr.reproduce.study import Study, parse_study
from blindsr.train import checkpoint

Ask = Callable[..., Request]

QUICK = {"cmdsr-figure-8", "dmsr-figure-c9", "mzsr-table-3"}
"""One of each mechanism; the others, which differ in their files alone, run with the slow tests."""


def _study(name: str) -> Any:
    return pytest.param(name, marks=() if name in QUICK else pytest.mark.slow)


@pytest.mark.parametrize("name", [_study(name) for name in studies()])
def test_a_study_is_trained_measured_drawn_and_written(name: str, ask: Ask) -> None:
    request = ask(study(name))
    report = reproduce(request)
    written = json.loads((request.out / "table.json").read_text())
    assert written["study"] == name
    assert not written["missing"]
    assert {run["variant"] for run in written["runs"]} == set(request.study.variants)
    for table, told in zip(request.study.tables, written["tables"], strict=True):
        for row, said in zip(table.rows, told["rows"], strict=True):
            measured = [cell["ours"] for cell in said["cells"]]
            assert any(measured) == bool(row.variants)
            if row.variants and not row.teacher and row.part is None:  # one for each scale
                assert all(measured)
            assert [cell["paper"] for cell in said["cells"]] == [
                dict(zip(column.parts, cell, strict=True))
                for cell, column in zip(table.paper(row), table.each(), strict=True)
            ]
    if request.study.figure is not None:
        assert written["figure"] is not None
        assert (request.out / "figure.png").stat().st_size > 1000
        assert (request.out / "figure.svg").read_text().count("<path") > 3
    assert name in (request.out / "table.md").read_text()
    assert len(report.terminal()) == len(request.study.tables)


def small(variants: int) -> Study:
    """A study of few trainings, and no figure."""
    values = {
        "title": "T",
        "source": "S",
        "convention": "C",
        "recipe": "cmdsr_x4.paper",
        "short": "cmdsr_x4.classic",
        "variants": {f"v{number}": {"settings": [f"stage.tasks={number + 2}"]} for number in range(variants)},
        "tables": [
            {
                "title": "t",
                "columns": [{"protocols": ["cmdsr-middle"], "data": ["Set5"]}],
                "rows": [{"label": str(n), "paper": "27.0", "variants": [f"v{n}"]} for n in range(variants)],
            }
        ],
    }
    return parse_study(values, "cmdsr-table-0")


def test_the_same_call_goes_on_and_another_is_refused(ask: Ask) -> None:
    request = ask(small(1), budget=Budget.parse("3"), seeds=2)
    first = reproduce(request)
    assert [(run.variant, run.seed, run.steps) for run in first.runs] == [("v0", 0, 3), ("v0", 1, 3)]
    cell = first.cells[0, 0, 0]
    assert len(cell.seeds) == 2
    assert cell.seeds[0] != cell.seeds[1]
    assert cell.mean[0] == pytest.approx((cell.seeds[0][0] + cell.seeds[1][0]) / 2)
    place = request.out / "runs" / "v0-seed1" / checkpoint.NAME
    times = {path: path.stat().st_mtime_ns for path in request.out.glob("runs/*/checkpoint.pt")}
    place.unlink()
    again = reproduce(request)
    assert [path for path, time in times.items() if path.stat().st_mtime_ns != time] == [place]
    assert again.cells == first.cells
    for changed in (
        replace(request, budget=Budget.parse("4")),
        replace(request, study=study("mzsr-table-4")),
        replace(request, settings=()),
    ):
        with pytest.raises(BlindSRError, check=Code.CONFLICTING_OPTIONS.matches):
            reproduce(changed)


def test_a_folder_is_free_after_a_mistake(ask: Ask) -> None:
    with pytest.raises(BlindSRError):
        reproduce(ask(small(1), settings=("stage.tasks=many",)))
    assert reproduce(ask(small(1))).runs[0].steps == 1


def test_a_signal_with_the_last_step_of_a_training_stops_the_study(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    request, save = ask(small(2), budget=Budget.parse("1")), checkpoint.save_checkpoint

    def interrupted(run: Path, state: checkpoint.State) -> None:
        signal.raise_signal(signal.SIGINT)
        save(run, state)

    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "save_checkpoint", interrupted)
        with pytest.raises(KeyboardInterrupt):
            reproduce(request)
    assert [path.name for path in (request.out / "runs").iterdir()] == ["v0"]
    assert [run.steps for run in reproduce(request).runs] == [1, 1]


def test_weights_take_the_place_of_trainings(ask: Ask, tmp_path: Path) -> None:
    made = reproduce(ask(small(1)))
    use = {"v0": "cmdsr_x4.classic", "v1": str(made.runs[0].folder)}
    report = reproduce(replace(ask(small(2), use=use, train=()), out=tmp_path / "other"))
    assert report.cells[0, 1, 0] == made.cells[0, 0, 0]
    assert report.cells[0, 0, 0] != made.cells[0, 0, 0]
    assert "cmdsr_x4.classic, not trained here" in report.progress()[0]
    with pytest.raises(BlindSRError, check=Code.UNKNOWN_NAME.matches):
        reproduce(replace(ask(small(1), use={"k3": "x"}), out=tmp_path / "third"))


def test_what_is_missing_is_said(ask: Ask, tmp_path: Path) -> None:
    with pytest.raises(BlindSRError, check=Code.MISSING_OPTION.matches):
        reproduce(ask(small(1), train=()))
    said: list[str] = []
    report = reproduce(ask(small(1), data=(), train=(), use={"v0": "cmdsr_x4.classic"}), said.append)
    assert said == ["--data has no folder of this name, so its results stay empty: Set5"]
    assert report.missing == ("Set5",)
    assert not report.cells
    assert "no folder of this name: Set5" in report.progress()[-1]
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    with pytest.raises(BlindSRError, check=Code.FILE_EXISTS.matches):
        reproduce(replace(ask(small(1)), out=tmp_path / "full"))
