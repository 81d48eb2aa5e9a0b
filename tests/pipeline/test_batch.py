import errno
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from blindsr import images
from blindsr.analysis.choice import Auto
from blindsr.analysis.native import shrink
from blindsr.degrade import kernels
from blindsr.errors import BlindSRError, Code
from blindsr.inference import Bicubic, Upscaler
from blindsr.inference.progress import CancelledError, Watch
from blindsr.inference.size import Size
from blindsr.methods.mzsr.model import MZSR, MZSRConfig
from blindsr.pipeline import memory, restorer, stream
from blindsr.pipeline.batch import restore_all
from blindsr.pipeline.options import Existing, Options
from blindsr.pipeline.outcome import Outcome
from blindsr.pipeline.planning.plan import Job

LargestFile = Callable[[int], AbstractContextManager[None]]


def picture(path: Path, seed: int = 0, side: int = 8) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    images.write(images.Picture(torch.rand(3, side, side, generator=torch.Generator().manual_seed(seed))), path)
    return path


KNOWN: dict[str, Any] = {"kernel": kernels.gaussian(9, 1.0), "noise": 0.0, "steps": 0}


def seeded_mzsr() -> MZSR:
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        return MZSR(MZSRConfig(layers=3, channels=4))


@pytest.fixture
def upscaler() -> Upscaler:
    return Upscaler(Bicubic(2), device="cpu")


def code_of(outcome: Outcome) -> Code:
    assert outcome.error is not None
    return outcome.error.code


def jobs(tmp_path: Path, count: int) -> list[Job]:
    return [Job(picture(tmp_path / f"{i}.png", i), tmp_path / "out" / f"{i}.png") for i in range(count)]


def test_results_are_those_of_one_by_one_and_in_order(tmp_path: Path, upscaler: Upscaler) -> None:
    given = jobs(tmp_path, 5)
    outcomes = list(restore_all(given, Options(model=upscaler)))
    assert [outcome.job for outcome in outcomes] == given
    for outcome in outcomes:
        assert outcome.error is None
        expected = upscaler.upscale(outcome.job.source)
        assert torch.equal(images.read(outcome.job.target).pixels, images.quantise(expected.pixels))
        assert outcome.megapixels == pytest.approx(256e-6)


def test_failures_are_told_and_stop_nothing(tmp_path: Path, upscaler: Upscaler) -> None:
    given = jobs(tmp_path, 4)
    Path(given[1].source).write_text("no image")
    Path(given[2].target).mkdir(parents=True)
    errors = [outcome.error for outcome in restore_all(given, Options(model=upscaler, overwrite=True))]
    assert [error is None for error in errors] == [True, False, False, True]
    assert "1.png" in str(errors[1])


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), Code.CANNOT_WRITE),
        (MemoryError(), Code.OUT_OF_MEMORY),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), Code.OUT_OF_MEMORY),
    ],
)
@pytest.mark.parametrize("place", ["restore_in_strips", "write"])
def test_no_room_for_one_stops_nothing(
    tmp_path: Path, upscaler: Upscaler, monkeypatch: pytest.MonkeyPatch, error: Exception, code: Code, place: str
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise error

    large, small = Job(picture(tmp_path / "large.png", 1, 40), tmp_path / "large_x2.png"), jobs(tmp_path, 1)[0]
    if place == "restore_in_strips":
        monkeypatch.setattr(
            memory, "bytes_needed", lambda _, width, height, scale: 10**12 if width * height > 100 else 0
        )
        monkeypatch.setattr(stream, "restore_in_strips", full)
    else:
        real = images.write
        monkeypatch.setattr(
            images, "write", lambda made, *to, **how: (full if made.width > 16 else real)(made, *to, **how)
        )
    first, second = restore_all([large, small], Options(model=upscaler))
    assert code_of(first) == code
    assert second.error is None


def test_a_mistake_of_ours_is_not_hidden(tmp_path: Path, upscaler: Upscaler, monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(*_: Any) -> None:
        raise RuntimeError("shapes differ")

    monkeypatch.setattr(upscaler, "estimate_condition", wrong)
    with pytest.raises(RuntimeError, match="shapes differ"):
        list(restore_all(jobs(tmp_path, 1), Options(model=upscaler)))


def test_existing_results(tmp_path: Path, upscaler: Upscaler) -> None:
    given = jobs(tmp_path, 2)
    picture(Path(given[0].target), 9)
    before = Path(given[0].target).read_bytes()
    for existing, expected in (("refuse", (True, False, True)), ("skip", (False, True, True))):
        first, _ = restore_all(given, Options(model=upscaler, skip_existing=existing == "skip"))
        assert (first.error is not None, first.skipped, Path(given[0].target).read_bytes() == before) == expected
        Path(given[1].target).unlink(missing_ok=True)
    first, _ = restore_all(given, Options(model=upscaler, overwrite=True))
    assert first.error is None
    assert Path(given[0].target).read_bytes() != before


def test_reading_and_writing_happen_beside_computing(
    tmp_path: Path, upscaler: Upscaler, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = jobs(tmp_path, 4)
    threads: dict[str, set[int]] = {"read": set(), "write": set()}
    real_read, real_write = images.read_file, images.write

    def read(path: Path) -> images.Picture | images.Frames:
        threads["read"].add(threading.get_ident())
        return real_read(path)

    def write(result: images.Picture, path: Path, *, quality: int, bits: int | None, overwrite: bool) -> None:
        threads["write"].add(threading.get_ident())
        real_write(result, path, quality=quality, bits=bits, overwrite=overwrite)

    monkeypatch.setattr(images, "read_file", read)
    monkeypatch.setattr(images, "write", write)
    assert len(list(restore_all(given, Options(model=upscaler)))) == 4
    assert len(threads["read"]) == len(threads["write"]) == 1
    assert threading.get_ident() not in threads["read"] | threads["write"]
    assert not threads["read"] & threads["write"]


def test_stopping_early_leaves_only_whole_files(tmp_path: Path, upscaler: Upscaler) -> None:
    given = jobs(tmp_path, 6)
    running = restore_all(given, Options(model=upscaler))
    next(running)
    running.close()  # type: ignore[attr-defined]
    made = sorted((tmp_path / "out").iterdir())
    assert 1 <= len(made) <= 3
    for path in made:
        assert images.read(path).width == 16


def test_a_killed_run_goes_on_where_it_stopped(tmp_path: Path) -> None:
    for i in range(12):
        picture(tmp_path / "in" / f"{i:02}.png", i, side=160)
    command = [
        sys.executable, "-m", "blindsr", "upscale", str(tmp_path / "in"), "-o", str(tmp_path / "out"), "-m", "bicubic",
        "-s", "4", "--skip-existing",
    ]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    while not list(tmp_path.glob("out/[0-9]*.png")):
        assert process.poll() is None
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    before = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "out").glob("[0-9]*.png")}
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "out").glob("[0-9]*.png")}
    assert len(after) == 12
    assert after.items() >= before.items()
    assert all(images.read(tmp_path / "out" / name).width == 640 for name in after)


def test_images_too_large_for_the_memory_allowed_go_through_in_strips(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upscaler = Upscaler(Bicubic(2), device="cpu")
    monkeypatch.setattr(memory, "bytes_needed", lambda _, width, height, scale: 10**12 if width * height > 100 else 0)
    small, large = jobs(tmp_path, 1)[0], Job(picture(tmp_path / "large.png", 1, 40), tmp_path / "out" / "large.png")
    jpeg, webp = (Job(large.source, tmp_path / "out" / f"large.{kind}") for kind in ("jpg", "webp"))
    outcomes = list(restore_all([small, large, jpeg, webp], Options(model=upscaler, max_memory=10**9, report=True)))
    assert [outcome.error is None for outcome in outcomes] == [True, True, True, False]
    assert code_of(outcomes[3]) == Code.OUT_OF_MEMORY
    images.write(images.Picture(torch.zeros(3, 4, 9000)), tmp_path / "wide.png")
    wide = Job(tmp_path / "wide.png", tmp_path / "out" / "wide.webp")
    (outcome,) = restore_all([wide], Options(model=upscaler, max_memory=10**9))
    assert code_of(outcome) == Code.CANNOT_WRITE  # WebP has no such sides, whatever the memory
    assert outcomes[1].megapixels == pytest.approx(80 * 80 / 1e6)
    expected = images.quantise(upscaler.upscale(large.source).pixels)
    torch.testing.assert_close(images.read(large.target).pixels, expected, atol=1.01 / 255, rtol=0)
    monkeypatch.setattr(restorer, "bytes_held", lambda *_: 10**12)  # of what an encoder of JPEG wants whole
    (outcome,) = restore_all([jpeg], Options(model=upscaler, max_memory=10**9, overwrite=True))
    assert code_of(outcome) == Code.OUT_OF_MEMORY


def test_what_nobody_asked_for_keeps_no_large_image_out(
    tmp_path: Path, upscaler: Upscaler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "bytes_needed", lambda *_: 10**12)
    (job,) = jobs(tmp_path, 1)
    auto = Auto(lambda _: upscaler, 2.0)
    (outcome,) = restore_all([job], Options(model=auto, max_memory=10**9))
    assert outcome.error is None
    assert outcome.to_dict()["model"] == auto.general_name
    (outcome,) = restore_all([job], Options(model=auto, max_memory=10**9, native="auto", overwrite=True))
    assert code_of(outcome) == Code.OUT_OF_MEMORY


def test_more_pixels_than_are_read_at_once_go_through_in_strips(
    tmp_path: Path, upscaler: Upscaler, monkeypatch: pytest.MonkeyPatch
) -> None:
    (job,) = jobs(tmp_path, 1)
    monkeypatch.setattr(restorer, "MAX_PIXELS", 10)
    monkeypatch.setattr(images, "read_file", lambda _: pytest.fail("read at once"))
    (outcome,) = restore_all([job], Options(model=upscaler))
    assert outcome.error is None
    assert images.read(job.target).width == 16


def test_the_size_that_is_asked_for_counts_against_memory(
    tmp_path: Path, upscaler: Upscaler, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[float] = []

    def needed(_: Upscaler, width: int, height: int, scale: float) -> int:
        asked.append(scale)
        return 0

    monkeypatch.setattr(memory, "bytes_needed", needed)
    for scale in (None, 4.0, 1.0):
        list(restore_all(jobs(tmp_path, 1), Options(model=upscaler, scale=scale, overwrite=True)))
    assert asked == [2, 4, 2]


def test_an_image_is_shrunk_to_what_it_holds_and_its_result_is_not(tmp_path: Path, upscaler: Upscaler) -> None:
    given = jobs(tmp_path, 1)
    (outcome,) = restore_all(given, Options(model=upscaler, native=0.5, report=True))
    assert outcome.findings["native"] == 0.5
    small = shrink(images.read(given[0].source), 0.5)
    expected = upscaler.upscale(small, size=Size(exact=(16, 16)))
    assert torch.equal(images.read(given[0].target).pixels, images.quantise(expected.pixels))


@pytest.mark.parametrize("name", ["a.gif", "a.png", "a.webp", "a.tif"])
def test_animations_and_pages_go_through(tmp_path: Path, upscaler: Upscaler, name: str) -> None:
    frames = images.Frames([np.full((6, 5, 3), 60 * n, np.uint8) for n in range(3)], durations=(40, 50, 60))
    images.write_frames(frames, tmp_path / name)
    (outcome,) = restore_all([Job(tmp_path / name, tmp_path / f"out.{name}")], Options(model=upscaler, report=True))
    assert outcome.error is None
    assert outcome.findings["frames"] == 3
    back = images.read_file(tmp_path / f"out.{name}")
    assert isinstance(back, images.Frames)
    assert [one.shape[:2] for one in back.samples] == [(12, 10)] * 3
    assert back.durations == (() if name == "a.tif" else (40, 50, 60))


def test_maps_of_results_that_differ_in_their_endings_alone_are_two(tmp_path: Path) -> None:
    learner = Upscaler(seeded_mzsr(), device="cpu")
    given = [Job(picture(tmp_path / "a.png", 1, 24), tmp_path / "out" / f"a.{kind}") for kind in ("png", "tif")]
    maps = [
        outcome.findings["consistency"]["map"]
        for outcome in restore_all(given, Options(model=learner, report=True, **KNOWN))
    ]
    assert len(set(maps)) == 2
    assert all(Path(one).exists() for one in maps)


@pytest.mark.parametrize("form", [{"preview": (0, 0, 24, 12)}, {"native": 0.5, "scale": 1.0}])
def test_a_result_of_another_shape_has_no_map(tmp_path: Path, form: dict[str, Any]) -> None:
    # Half of 24x25 pixels enlarged twice is as wide as 24x25, but not as high
    learner, source = Upscaler(seeded_mzsr(), device="cpu"), tmp_path / "a.png"
    images.write(images.Picture(torch.rand(3, 25, 24, generator=torch.Generator().manual_seed(0))), source)
    (outcome,) = restore_all([Job(source, tmp_path / "b.png")], Options(model=learner, report=True, **KNOWN, **form))
    assert outcome.error is None
    assert "consistency" not in outcome.findings


def test_frames_that_cannot_be_written_give_a_sentence(tmp_path: Path, upscaler: Upscaler) -> None:
    frames = images.Frames([np.zeros((6, 5, 3), np.uint8)] * 2, durations=(40, 50))
    images.write_frames(frames, tmp_path / "a.gif")
    (outcome,) = restore_all([Job(tmp_path / "a.gif", tmp_path / "out.jpg")], Options(model=upscaler))
    assert code_of(outcome) == Code.CANNOT_WRITE
    (outcome,) = restore_all(
        [Job(tmp_path / "a.gif", tmp_path / "out.gif")], Options(model=upscaler, preview=(0, 0, 2, 2))
    )
    assert code_of(outcome) == Code.UNSUPPORTED_OPTION


@pytest.mark.parametrize(("ending", "bits", "kept"), [("tif", 32, 32), ("png", 16, 16), ("png", 8, 8)])
def test_results_have_the_depth_that_is_asked_for(
    tmp_path: Path, upscaler: Upscaler, ending: str, bits: int, kept: int
) -> None:
    target = tmp_path / f"out.{ending}"
    (outcome,) = restore_all([Job(picture(tmp_path / "a.png"), target)], Options(model=upscaler, bits=bits))
    assert outcome.error is None
    assert images.read(target).metadata.bits == kept


def test_a_depth_that_the_file_cannot_hold_is_refused(tmp_path: Path, upscaler: Upscaler) -> None:
    (outcome,) = restore_all([Job(picture(tmp_path / "a.png"), tmp_path / "out.jpg")], Options(model=upscaler, bits=16))
    assert code_of(outcome) == Code.CANNOT_WRITE


@pytest.mark.parametrize("count", [1, 2])
def test_a_result_too_large_for_its_format_is_refused_before_the_work(
    tmp_path: Path, upscaler: Upscaler, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    def look(*_: object) -> None:
        pytest.fail("the work has begun")

    monkeypatch.setattr(Upscaler, "estimate_condition", look)
    frames = [np.full((1, 8192, 3), 90 * n, np.uint8) for n in range(count)]
    images.write_frames(images.Frames(frames, durations=(100,) * count), tmp_path / "a.png")
    (outcome,) = restore_all([Job(tmp_path / "a.png", tmp_path / "b.webp")], Options(model=upscaler))
    assert code_of(outcome) == Code.CANNOT_WRITE


@pytest.mark.parametrize("what", ["picture", "frames", "strips"])
@pytest.mark.parametrize("existing", ["refuse", "skip", "replace"])
def test_a_result_that_appears_during_the_work(
    tmp_path: Path, upscaler: Upscaler, monkeypatch: pytest.MonkeyPatch, what: str, existing: Existing
) -> None:
    source, target = picture(tmp_path / "a.png", side=80), tmp_path / "out.png"
    if what == "frames":
        source = tmp_path / "a.gif"
        images.write_frames(
            images.Frames([np.full((8, 8, 3), v, np.uint8) for v in (0, 200)], durations=(50, 50)), source
        )
    if what == "strips":
        monkeypatch.setattr(memory, "bytes_needed", lambda *_: 10**12)
    look = Upscaler.estimate_condition

    def looked(*given: Any) -> Any:
        target.write_bytes(b"made by hand meanwhile")
        return look(*given)

    monkeypatch.setattr(Upscaler, "estimate_condition", looked)
    if what == "frames":
        monkeypatch.setattr(memory, "bytes_needed", lambda *_: 0)
    (outcome,) = restore_all(
        [Job(source, target)],
        Options(
            model=upscaler,
            max_memory=10**10,
            overwrite=existing == "replace",
            skip_existing=existing == "skip",
        ),
    )
    kept = target.read_bytes() == b"made by hand meanwhile"
    found = (outcome.error is not None, outcome.skipped, kept)
    assert (
        found
        == {"refuse": (True, False, True), "skip": (False, True, True), "replace": (False, False, False)}[existing]
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        [source.name, "out.png", *(["a.png"] * (what == "frames"))]
    )


def test_a_comparison_and_a_map_that_appear_during_the_work_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job, compare = Job(picture(tmp_path / "a.png"), tmp_path / "out.png"), tmp_path / "c.png"
    look = Upscaler.estimate_condition
    for place, beside in ((compare, compare), (Path(job.map), None)):

        def looked(*given: Any, place: Path = place) -> Any:
            place.write_bytes(b"made by hand meanwhile")
            return look(*given)

        monkeypatch.setattr(Upscaler, "estimate_condition", looked)
        upscaler = Upscaler(seeded_mzsr(), device="cpu")
        (outcome,) = restore_all([job], Options(model=upscaler, compare=beside, report=place == job.map, **KNOWN))
        assert code_of(outcome) == Code.FILE_EXISTS
        assert place.read_bytes() == b"made by hand meanwhile"
        assert not Path(job.target).exists()


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".gif"])
def test_a_full_disk_fails_one_result_and_keeps_the_old_one(
    tmp_path: Path, upscaler: Upscaler, largest_file: LargestFile, suffix: str
) -> None:
    large, small = picture(tmp_path / "a.png", side=60), picture(tmp_path / "b.png", side=4)
    given = [Job(large, tmp_path / f"a_x2{suffix}"), Job(small, tmp_path / f"b_x2{suffix}")]
    assert [outcome.error for outcome in restore_all(given, Options(model=upscaler))] == [None, None]
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    with largest_file(len(before[Path(given[0].target)]) // 2):
        first, second = restore_all(given, Options(model=upscaler, overwrite=True))
    assert first.error is not None
    assert str(given[0].target) in str(first.error)
    assert second.error is None
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_progress_is_of_all_photographs_together(tmp_path: Path, upscaler: Upscaler) -> None:
    given = jobs(tmp_path, 4)
    Path(given[1].source).write_text("no image")
    told: list[float] = []
    list(restore_all(given, Options(model=upscaler), progress=told.append))
    assert told == sorted(told)
    assert {0.0, 0.25, 0.5, 0.75, 1.0} <= set(told)


def test_outcomes_of_what_was_finished_come_before_the_end(tmp_path: Path, upscaler: Upscaler) -> None:
    given, cancel = jobs(tmp_path, 5), threading.Event()
    seen = []

    def run() -> None:
        for outcome in restore_all(given, Options(model=upscaler), progress=Watch(cancel=cancel)):
            seen.append(outcome.job)
            cancel.set()

    with pytest.raises(CancelledError):
        run()
    assert seen == given[: len(seen)]
    assert {job.target for job in seen} == set((tmp_path / "out").iterdir())


def test_what_was_known_to_fail_fails_alone(tmp_path: Path, upscaler: Upscaler) -> None:
    (good,) = jobs(tmp_path, 1)
    outcomes = list(
        restore_all([Job(tmp_path / "x", tmp_path / "out", BlindSRError("locked")), good], Options(model=upscaler))
    )
    assert [str(outcome.error) for outcome in outcomes] == ["locked", "None"]
    assert outcomes[0].to_dict()["status"] == "failed"
