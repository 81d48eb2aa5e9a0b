"""The same files by a cluster of two workers as without one, though a worker is killed in between."""

import json
import os
import pickle
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any, cast

import fsspec
import numpy as np
import pytest
import torch

from blindsr import images
from blindsr.cluster.ray import _Lister, _share, _watched, _Worker, restore_on_ray
from blindsr.degrade import resize
from blindsr.errors import BlindSRError, Code
from blindsr.images import Picture
from blindsr.inference.progress import CancelledError, Watch
from blindsr.pipeline.batch import restore_all
from blindsr.pipeline.options import Options
from blindsr.pipeline.planning.plan import Naming, Root, plan, roots
from blindsr.runtimes import compiled, session
from blindsr.runtimes.session import Runtime

pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
OPTIONS = Options(model="bicubic_x2", precision="fp32")
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
    (tmp_path / "photos" / "00_x2.png").write_bytes(b"an earlier result, and no input where results go to")
    return tmp_path / "photos"


def _results(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _run(
    photos: Path, out: Path, options: Options = OPTIONS, seen: Callable[[int], None] = lambda _: None
) -> list[dict[str, Any]]:
    lines = []
    told: list[float] = []
    for line in restore_on_ray([str(photos)], str(out), options, NAMING, workers=2, progress=told.append):
        lines.append(line)
        seen(len(lines))
    assert told == sorted(told)
    assert told[-1] == 1
    assert len(told) >= len(lines)
    return lines


def _kill_a_worker(count: int) -> None:
    if count == 1:
        pid = next(
            int(path.parent.name)
            for path in Path("/proc").glob("[0-9]*/cmdline")
            if b"ray::" in (text := path.read_bytes()) and b"Worker" in text and b"Map" in text
        )
        os.kill(pid, signal.SIGKILL)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="finds the worker to kill in /proc")
def test_a_killed_worker_changes_nothing(photos: Path, tmp_path: Path) -> None:
    lines = _run(photos, tmp_path / "ray", seen=_kill_a_worker)
    assert len(lines) == 22
    failed = sorted(line["input"] for line in lines if line["status"] == "failed")
    assert failed == [f"{photos}/00_x2.png", f"{photos}/bad.png"]
    list(restore_all(plan([photos], str(tmp_path / "alone"), NAMING), OPTIONS))
    assert _results(tmp_path / "ray") == _results(tmp_path / "alone")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "ray").rglob("*.png")}
    again = _run(photos, tmp_path / "ray", options=replace(OPTIONS, skip_existing=True))
    assert sorted(line["status"] for line in again) == ["failed"] * 2 + ["skipped"] * 20
    assert before == {path: path.stat().st_mtime_ns for path in (tmp_path / "ray").rglob("*.png")}


@pytest.mark.slow
def test_results_in_the_folder_of_their_images_are_no_inputs(photos: Path) -> None:
    lines = _run(photos, photos, options=replace(OPTIONS, skip_existing=True))
    alone = plan([photos], str(photos), NAMING)
    assert sorted(line["input"] for line in lines) == sorted(str(job.source) for job in alone)
    assert not list(photos.rglob("*_x2_x2*"))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # SystemExit in a thread of Ray's
def test_what_is_cancelled_ends_at_once_and_leaves_whole_files(photos: Path, tmp_path: Path) -> None:
    cancel, seen = Event(), []

    def run() -> None:
        for line in restore_on_ray([str(photos)], f"{tmp_path}/out", OPTIONS, NAMING, progress=Watch(cancel=cancel)):
            seen.append(line)
            cancel.set()

    with pytest.raises(CancelledError):
        run()
    assert len(seen) == 1
    made = [path for path in (tmp_path / "out").rglob("*.png") if not path.name.startswith(".")]
    assert all(images.read(path).width == 160 for path in made)


def _in_this_process(
    roots: list[Root], options: Options, begin: float | None = None
) -> tuple[list[dict[str, Any]], float]:
    """What listers and a worker make of roots, and the sum of their shares, as a cluster passes it on."""
    lister, worker = _Lister(NAMING, options.existing, begin or time.time()), _Worker(options, torch.get_num_threads())
    items = [{"number": number, "root": pickle.dumps(root)} for number, root in enumerate(roots)]
    rows = [row for item in items for row in lister(item)]
    columns = {name: np.array([row[name] for row in rows], dtype=object) for name in rows[0]}
    made = worker(columns)
    return [json.loads(line) for line in made["line"].tolist() if line], float(sum(made["share"]))


@pytest.mark.parametrize("existing", ["refuse", "skip", "replace"])
def test_a_lister_and_a_worker_do_what_one_machine_does(photos: Path, tmp_path: Path, existing: str) -> None:
    (tmp_path / "photos" / "empty").mkdir()
    options = replace(OPTIONS, overwrite=existing == "replace", skip_existing=existing == "skip")
    for folder in ("ray", "alone"):
        shutil.copytree(photos / "trip", tmp_path / folder / "trip", dirs_exist_ok=True)
        (tmp_path / folder / "trip" / "01.png").rename(tmp_path / folder / "trip" / "01_x2.png")
    lines, share = _in_this_process(roots([photos], str(tmp_path / "ray"), NAMING), options)
    alone = [one.to_dict() for one in restore_all(plan([photos], str(tmp_path / "alone"), NAMING), options)]
    for line in (*lines, *alone):
        line.pop("seconds")
        line["output"] = Path(line["output"]).name
        line["error"] = line["error"] and line["error"].replace("/alone/", "/ray/")
    assert sorted(lines, key=lambda line: line["input"]) == sorted(alone, key=lambda line: line["input"])
    assert {line["status"] for line in lines} == {"done", "failed", *(["skipped"] if existing == "skip" else [])}
    assert share == pytest.approx(len(roots([photos], str(tmp_path / "ray"), NAMING)))
    assert _results(tmp_path / "ray") == _results(tmp_path / "alone")


def test_what_this_run_has_written_is_done_where_the_list_is_made_once_more(photos: Path, tmp_path: Path) -> None:
    begin, found = time.time(), roots([photos], str(tmp_path / "ray"), NAMING)
    lines, _ = _in_this_process(found, OPTIONS, begin)
    assert sorted(line["status"] for line in lines) == ["done"] * 20 + ["failed"] * 2
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "ray").rglob("*.png")}
    again, _ = _in_this_process(found, OPTIONS, begin)
    assert sorted(line["status"] for line in again) == ["done"] * 20 + ["failed"] * 2
    assert before == {path: path.stat().st_mtime_ns for path in (tmp_path / "ray").rglob("*.png")}
    later, _ = _in_this_process(found, OPTIONS, time.time() + 60)
    assert {line["status"] for line in later} == {"failed"}


@pytest.fixture
def small_photos(tmp_path: Path) -> Path:
    for number in range(3):
        pixels = resize(torch.rand(1, 3, 5, 6, generator=torch.Generator().manual_seed(number)), 4).clamp(0, 1)
        (tmp_path / "small").mkdir(exist_ok=True)
        images.write(Picture(pixels[0]), tmp_path / "small" / f"{number}.png")
    return tmp_path / "small"


def _with_runtime(runtime: str) -> Options:
    return Options(model="cmdsr_x4.bicubic", device="cpu", precision="fp32", runtime=cast("Runtime", runtime))


def _close(folder: Path, other: Path) -> bool:
    """Whether all results are alike but for rounding."""
    names = sorted(_results(folder))
    pairs = [(images.read(folder / name).pixels, images.read(other / name).pixels) for name in names]
    return names == sorted(_results(other)) and all(float((a - b).abs().max()) < 1.5 / 255 for a, b in pairs)


@pytest.fixture(params=["onnxruntime", "openvino"])
def runtime(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A runtime that is installed, with an empty cache."""
    for package in ("onnx", request.param):
        pytest.importorskip(package, reason="needs an extra")
    monkeypatch.setenv("BLINDSR_CACHE", str(tmp_path / "cache"))
    return str(request.param)


def _restored_by_torch(small_photos: Path, folder: Path) -> Path:
    list(restore_all(plan([small_photos], str(folder), NAMING), _with_runtime("torch")))
    return folder


def test_workers_compute_in_the_runtime_of_the_options(
    runtime: str, small_photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = []
    real = session.open_session

    def noted(graph: bytes, name: str) -> Any:
        opened.append(name)
        return real(graph, name)

    monkeypatch.setattr(compiled, "open_session", noted)
    lines, _ = _in_this_process(roots([small_photos], str(tmp_path / "ray"), NAMING), _with_runtime(runtime))
    assert [line["status"] for line in lines] == ["done"] * 3
    assert opened == [runtime]
    assert _close(tmp_path / "ray", _restored_by_torch(small_photos, tmp_path / "alone"))


@pytest.mark.slow
def test_a_cluster_computes_in_another_runtime(runtime: str, small_photos: Path, tmp_path: Path) -> None:
    lines = _run(small_photos, tmp_path / "ray", options=_with_runtime(runtime))
    assert [line["status"] for line in lines] == ["done"] * 3
    assert list((tmp_path / "cache" / "graphs").iterdir()), "no worker made a graph"
    assert _close(tmp_path / "ray", _restored_by_torch(small_photos, tmp_path / "alone"))


def test_images_in_a_store_are_restored_there(photos: Path) -> None:
    store = fsspec.filesystem("memory")
    store.pipe("/cloud/a.png", (photos / "00.png").read_bytes())
    store.pipe("/cloud/b.png", b"no image")
    try:
        lines, _ = _in_this_process(roots(["memory://cloud"], "memory://cloud/out", NAMING), OPTIONS)
        assert [(line["status"], line["output"]) for line in lines] == [
            ("done", "memory://cloud/out/a_x2.png"),
            ("failed", "memory://cloud/out/b_x2.png"),
        ]
        assert "memory://" in lines[1]["error"]
        assert store.find("/cloud/out") == ["/cloud/out/a_x2.png"]
    finally:
        store.rm("/cloud", recursive=True)


def test_rows_are_watched_while_none_comes_in() -> None:
    checks: list[int] = []
    done = Event()

    def rows() -> Iterator[dict[str, Any]]:
        yield {"a": 1}
        done.wait(10)
        raise ValueError("broken")

    def check() -> None:
        checks.append(1)
        if len(checks) == 3:
            done.set()

    watched = _watched(rows, check)
    assert next(watched) == {"a": 1}
    with pytest.raises(ValueError, match="broken"):
        next(watched)
    assert len(checks) >= 3


def test_what_cannot_begin(tmp_path: Path) -> None:
    with pytest.raises(BlindSRError, check=Code.FILE_NOT_FOUND.matches):
        next(restore_on_ray([f"{tmp_path}/none"], "out", OPTIONS, NAMING))


def test_without_the_extra_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.setitem(sys.modules, "ray.data", None)
    with pytest.raises(BlindSRError, check=Code.MISSING_DEPENDENCY.matches):
        next(restore_on_ray([str(tmp_path)], "out", OPTIONS, NAMING))


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
