"""The same files by a cluster of two workers as without one, though a worker is killed in between."""

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from blindsr import images
from blindsr.cluster.ray import Work, _Lister, _share, _Worker, restore_on_ray
from blindsr.cluster.store import roots
from blindsr.errors import BlindSRError
from blindsr.images import Picture
from blindsr.inference.load import load
from blindsr.pipeline.batch import Existing, restore_all
from blindsr.pipeline.naming import Naming, plan

pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
BUILD = partial(load, "bicubic_x2", precision="fp32")
NAMING = Naming(2)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    generator = np.random.default_rng(0)
    for number in range(20):
        folder = tmp_path / "photos" / ("trip" if number % 2 else "")
        folder.mkdir(parents=True, exist_ok=True)
        samples = generator.integers(0, 256, (90, 80, 3), np.uint8)
        images.write(Picture.from_array(samples), folder / f"{number:02}.png")
    (tmp_path / "photos" / "bad.png").write_bytes(b"no image")
    return tmp_path / "photos"


def _results(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _run(
    photos: Path, out: Path, existing: Existing = "refuse", seen: Callable[[int], None] = lambda _: None
) -> list[dict[str, Any]]:
    lines = []
    work = Work(BUILD, NAMING, existing=existing)
    for line in restore_on_ray([str(photos)], str(out), work, workers=2):
        lines.append(line)
        seen(len(lines))
    return lines


def _kill_a_worker(count: int) -> None:
    if count == 1:
        pid = next(
            int(path.parent.name)
            for path in Path("/proc").glob("[0-9]*/cmdline")
            if b"ray::" in (text := path.read_bytes()) and b"Worker" in text and b"Map" in text
        )
        os.kill(pid, signal.SIGKILL)


def _run_here(photos: Path, out: Path, existing: Existing, begin: float) -> list[dict[str, Any]]:
    """List and restore as the processes of a cluster do, in this one."""
    work, lister = Work(BUILD, NAMING, existing=existing), _Lister(NAMING, existing, begin)
    rows = [row for root in roots([str(photos)], str(out), NAMING) for row in lister(vars(root))]
    columns = {name: np.array([row[name] for row in rows]) for name in ("input", "output", "status", "error")}
    lines = _Worker(work, torch.get_num_threads())(columns)["line"]
    return [json.loads(line) for line in lines]


def test_what_workers_write_is_what_one_process_writes(photos: Path, tmp_path: Path) -> None:
    begin = time.time()
    lines = _run_here(photos, tmp_path / "ray", "refuse", begin)
    assert len(lines) == 21
    assert [line["input"] for line in lines if line["status"] == "failed"] == [f"{photos}/bad.png"]
    list(restore_all(BUILD(), plan([photos], str(tmp_path / "alone"), NAMING)))
    assert _results(tmp_path / "ray") == _results(tmp_path / "alone")
    # Listed once more after a worker died, what this run has written is done, and left alone
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "ray").rglob("*.png")}
    again = _run_here(photos, tmp_path / "ray", "refuse", begin)
    assert sorted(line["status"] for line in again) == ["done"] * 20 + ["failed"]
    assert before == {path: path.stat().st_mtime_ns for path in (tmp_path / "ray").rglob("*.png")}
    expected: dict[Existing, str] = {"refuse": "failed", "skip": "skipped", "replace": "done"}
    for existing, status in expected.items():
        later = _run_here(photos, tmp_path / "ray", existing, time.time() + 60)
        assert sorted(line["status"] for line in later) == sorted(["failed"] + [status] * 20)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="finds the worker to kill in /proc")
def test_a_killed_worker_changes_nothing(photos: Path, tmp_path: Path) -> None:
    lines = _run(photos, tmp_path / "ray", seen=_kill_a_worker)
    assert len(lines) == 21
    assert [line["input"] for line in lines if line["status"] == "failed"] == [f"{photos}/bad.png"]
    list(restore_all(BUILD(), plan([photos], str(tmp_path / "alone"), NAMING)))
    assert _results(tmp_path / "ray") == _results(tmp_path / "alone")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "ray").rglob("*.png")}
    again = _run(photos, tmp_path / "ray", existing="skip")
    assert sorted(line["status"] for line in again) == ["failed"] + ["skipped"] * 20
    assert before == {path: path.stat().st_mtime_ns for path in (tmp_path / "ray").rglob("*.png")}


def test_what_cannot_begin(tmp_path: Path) -> None:
    with pytest.raises(BlindSRError, match="there is no file"):
        next(restore_on_ray([f"{tmp_path}/none"], "out", Work(BUILD, NAMING)))


def test_without_the_extra_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.setitem(sys.modules, "ray.data", None)
    with pytest.raises(BlindSRError, match=r"blindsr\[cluster\]"):
        next(restore_on_ray([str(tmp_path)], "out", Work(BUILD, NAMING)))


@pytest.mark.parametrize(
    ("machines", "workers", "expected"),
    [
        ([{"CPU": 2}], None, (1, 1.0, 0.0)),
        ([{"CPU": 2}], 2, (2, 0.5, 0.0)),
        ([{"CPU": 16}, {"CPU": 8}], None, (2, 7.0, 0.0)),
        ([{"CPU": 16, "GPU": 4}, {"CPU": 16, "GPU": 4}], None, (8, 3.75, 1.0)),
        ([{"CPU": 1}], None, (1, 0.1, 0.0)),
    ],
)
def test_every_machine_keeps_a_processor_for_the_rest(
    machines: list[dict[str, float]], workers: int | None, expected: tuple[int, float, float]
) -> None:
    nodes = [{"Alive": True, "Resources": one} for one in machines]
    assert _share([*nodes, {"Alive": False, "Resources": {}}], workers) == expected
