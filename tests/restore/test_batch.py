import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import torch

from blindsr import images
from blindsr.restore import Bicubic, Upscaler, memory
from blindsr.restore.batch import Form, restore_all
from blindsr.restore.naming import Job
from blindsr.restore.native import shrunk
from blindsr.restore.size import Size


def picture(path: Path, seed: int = 0, side: int = 8) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    images.write(images.Picture(torch.rand(3, side, side, generator=torch.Generator().manual_seed(seed))), path)
    return path


@pytest.fixture
def upscaler() -> Upscaler:
    return Upscaler(Bicubic(2), device="cpu")


def jobs(tmp_path: Path, count: int) -> list[Job]:
    return [Job(picture(tmp_path / f"{i}.png", i), tmp_path / "out" / f"{i}.png") for i in range(count)]


def test_results_are_those_of_one_by_one_and_in_order(tmp_path: Path, upscaler: Upscaler) -> None:
    given = jobs(tmp_path, 5)
    outcomes = list(restore_all(upscaler, given))
    assert [outcome.job for outcome in outcomes] == given
    for outcome in outcomes:
        assert outcome.error is None
        expected = upscaler.upscale(outcome.job.source)
        assert torch.equal(images.read(outcome.job.target).pixels, images.quantise(expected.pixels))
        assert outcome.megapixels == pytest.approx(256e-6)


def test_failures_are_told_and_stop_nothing(tmp_path: Path, upscaler: Upscaler) -> None:
    given = jobs(tmp_path, 4)
    given[1].source.write_text("no image")
    given[2].target.mkdir(parents=True)
    errors = [outcome.error for outcome in restore_all(upscaler, given, existing="replace")]
    assert [error is None for error in errors] == [True, False, False, True]
    assert "1.png" in str(errors[1])


def test_existing_results(tmp_path: Path, upscaler: Upscaler) -> None:
    given = jobs(tmp_path, 2)
    picture(given[0].target, 9)
    before = given[0].target.read_bytes()
    for existing, expected in (("refuse", (True, False, True)), ("skip", (False, True, True))):
        first, _ = restore_all(upscaler, given, existing=existing)  # type: ignore[arg-type]
        assert (first.error is not None, first.skipped, given[0].target.read_bytes() == before) == expected
        given[1].target.unlink(missing_ok=True)
    first, _ = restore_all(upscaler, given, existing="replace")
    assert first.error is None
    assert given[0].target.read_bytes() != before


def test_reading_and_writing_happen_beside_computing(
    tmp_path: Path, upscaler: Upscaler, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = jobs(tmp_path, 4)
    threads: dict[str, set[int]] = {"read": set(), "write": set()}
    real_read, real_write = images.read, images.write

    def read(path: Path) -> images.Picture:
        threads["read"].add(threading.get_ident())
        return real_read(path)

    def write(result: images.Picture, path: Path, *, quality: int) -> None:
        threads["write"].add(threading.get_ident())
        real_write(result, path, quality=quality)

    monkeypatch.setattr(images, "read", read)
    monkeypatch.setattr(images, "write", write)
    assert len(list(restore_all(upscaler, given))) == 4
    assert len(threads["read"]) == len(threads["write"]) == 1
    assert threading.get_ident() not in threads["read"] | threads["write"]
    assert not threads["read"] & threads["write"]


def test_stopping_early_leaves_only_whole_files(tmp_path: Path, upscaler: Upscaler) -> None:
    given = jobs(tmp_path, 6)
    running = restore_all(upscaler, given)
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
    monkeypatch.setattr(memory, "needed", lambda pixels, scale: 10**12 if pixels > 100 else 0)
    small, large = jobs(tmp_path, 1)[0], Job(picture(tmp_path / "large.png", 1, 40), tmp_path / "out" / "large.png")
    jpeg = Job(large.source, tmp_path / "out" / "large.jpg")
    outcomes = list(restore_all(upscaler, [small, large, jpeg], form=Form(max_memory=10**9), report=True))
    assert [outcome.error is None for outcome in outcomes] == [True, True, False]
    assert "PNG or TIFF" in str(outcomes[2].error)
    assert outcomes[1].megapixels == pytest.approx(80 * 80 / 1e6)
    expected = images.quantise(upscaler.upscale(large.source).pixels)
    torch.testing.assert_close(images.read(large.target).pixels, expected, atol=1.01 / 255, rtol=0)


def test_an_image_is_shrunk_to_what_it_holds_and_its_result_is_not(tmp_path: Path, upscaler: Upscaler) -> None:
    given = jobs(tmp_path, 1)
    (outcome,) = restore_all(upscaler, given, form=Form(native=0.5), report=True)
    assert outcome.findings["native"] == 0.5
    small = shrunk(images.read(given[0].source), 0.5)
    expected = upscaler.upscale(small, size=Size(exact=(16, 16)))
    assert torch.equal(images.read(given[0].target).pixels, images.quantise(expected.pixels))
