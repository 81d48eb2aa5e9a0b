import sys
from pathlib import Path

import pytest
import torch

from blindsr import images
from blindsr.benchmark import timing
from blindsr.benchmark.submission import Run
from blindsr.errors import BlindSRError, Code


def test_time_and_memory_are_those_of_the_program(tmp_path: Path) -> None:
    (tmp_path / "lr" / "case").mkdir(parents=True)
    images.write(images.Picture(torch.zeros(3, 100, 200)), tmp_path / "lr" / "case" / "a.png")
    program = [sys.executable, "-c", "import time; x = bytearray(300_000_000); time.sleep(0.3)"]
    run = timing.measure_command(program, tmp_path / "lr")
    assert run.seconds is not None
    assert run.memory is not None
    assert run.seconds >= 0.3
    assert run.processor_seconds is not None
    assert 0 < run.processor_seconds < run.seconds + 1  # asleep most of the time
    assert run.memory > 300_000_000
    assert run.megapixels == pytest.approx(0.02)
    assert "cores" in run.hardware


def test_memory_of_the_program_that_measures_does_not_count() -> None:
    run = timing.measure_command([sys.executable, "-I", "-S", "-c", ""])
    assert run.memory is not None
    assert run.memory < 60_000_000  # torch alone, which is loaded here, takes more


def test_failures_are_told(tmp_path: Path) -> None:
    with pytest.raises(BlindSRError, check=Code.INVALID_VALUE.matches):
        timing.measure_command([sys.executable, "-c", "raise SystemExit(3)"])
    with pytest.raises(BlindSRError, check=Code.CANNOT_READ.matches):
        timing.measure_command([str(tmp_path / "missing")])
    with pytest.raises(BlindSRError, check=Code.FILE_NOT_FOUND.matches):
        timing.megapixels(tmp_path / "missing")


def test_runs_are_read_back(tmp_path: Path) -> None:
    assert timing.read_run(tmp_path) == Run()
    run = Run(command="x", hardware="y", seconds=1.5)
    (tmp_path / timing.NAME).write_text(run.model_dump_json())
    assert timing.read_run(tmp_path) == run
    (tmp_path / timing.NAME).write_text("[]")
    with pytest.raises(BlindSRError, check=Code.INVALID_FILE.matches):
        timing.read_run(tmp_path)
