"""The log survives being cut off and continued."""

import json
import logging
import time
from pathlib import Path

import pytest

from blindsr.train.log import RunLog


def lines(run: Path) -> list[tuple[str, int]]:
    read = [json.loads(text) for text in (run / "log.jsonl").read_text().splitlines()]
    return [(line["kind"], line["step"]) for line in read]


def test_lines_beyond_the_checkpoint_are_dropped_on_resuming(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO), RunLog(tmp_path, "stage", 100, 0) as log:
        for step in (10, 20, 30):
            log.step(step, {"loss": 1.0 / step}, 5.0, 60.0)
        log.validation(30, {"psnr": 25.0})
    assert "stage 10/100: loss 0.1000, 5.0 crops/s, 1 min left" in caplog.text
    with RunLog(tmp_path, "stage", 100, 20) as log:
        log.step(30, {"loss": 0.5}, 5.0, 60.0)
    assert lines(tmp_path) == [("train", 10), ("train", 20), ("train", 30)]
    with RunLog(tmp_path, "next", 100, 0):
        assert len(lines(tmp_path)) == 3


def test_tensorboard_shows_each_step_once_on_resuming(tmp_path: Path) -> None:
    with RunLog(tmp_path, "stage", 100, 0) as log:
        for step in (10, 20, 30):
            log.step(step, {"loss": 1.0}, 5.0, 60.0)
    time.sleep(1)  # TensorBoard reads the files by name, which begins with whole seconds
    with RunLog(tmp_path, "stage", 100, 20) as log:
        log.step(30, {"loss": 0.5}, 5.0, 60.0)
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    board = EventAccumulator(str(tmp_path / "tensorboard" / "stage"))
    board.Reload()
    assert [(event.step, event.value) for event in board.Scalars("train/loss")] == [(10, 1.0), (20, 1.0), (30, 0.5)]


def test_a_line_torn_by_a_crash_is_dropped(tmp_path: Path) -> None:
    with RunLog(tmp_path, "stage", 100, 0) as log:
        log.step(10, {"loss": 1.0}, 5.0, 60.0)
    with (tmp_path / "log.jsonl").open("a") as file:
        file.write('{"stage": "stage", "ki')
    with RunLog(tmp_path, "stage", 100, 10) as log:
        log.step(20, {"loss": 0.5}, 5.0, 60.0)
    assert lines(tmp_path) == [("train", 10), ("train", 20)]
