"""Any file the command takes through the one entry: from threads, with progress, stopped half way, as bytes."""

import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import fsspec
import numpy as np
import pytest
import torch
from PIL import Image

import blindsr
from blindsr import images, pipeline
from blindsr.degrade import resize
from blindsr.errors import BlindSRError, Code
from blindsr.images import Picture
from blindsr.inference import Upscaler
from blindsr.inference.progress import CancelledError, Watch
from blindsr.methods.cmdsr.model import CMDSR, CMDSRConfig
from blindsr.pipeline import memory
from blindsr.pipeline.options import Options
from blindsr.restore import restore_file


def picture(path: Path, seed: int = 0, side: int = 24) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    images.write(Picture(torch.rand(3, side, side, generator=torch.Generator().manual_seed(seed))), path)
    return path


@pytest.fixture
def upscaler() -> Upscaler:
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        method = CMDSR(CMDSRConfig(scale=2, blocks=1, channels=8, support=2, patch=8, features=4))
    return Upscaler(method, device="cpu", precision="fp32", tile=16, guard=False)


STILLS = ["a.png", "a.jpg", "a.webp", "a.tif", "a.avif", "a.heic", "a.bmp", "a.ppm", "still.gif"]
KINDS = [*STILLS, "moving.gif", "moving.png", "moving.webp", "pages.tif"]


def made(folder: Path, name: str) -> Path:
    """A file of a kind."""
    path = folder / name
    if path.suffix == ".heic":
        pytest.importorskip("pillow_heif", reason="needs the extra heif")
    if name not in STILLS:
        frames = [np.random.default_rng(n).integers(0, 256, (20, 18, 3), np.uint8) for n in range(3)]
        images.write_frames(images.Frames(frames, durations=() if name == "pages.tif" else (50,) * 3), path)
        return path
    return picture(path, seed=len(name))


def test_it_is_public() -> None:
    assert blindsr.restore_file is restore_file
    assert blindsr.Options is Options
    assert set(pipeline.__all__) <= {name for name in pipeline.__all__ if getattr(pipeline, name) is not None}
    with pytest.raises(AttributeError, match="restore_file"):
        _ = pipeline.restore_file


@pytest.mark.parametrize("name", KINDS)
def test_each_kind_of_file_gives_a_file_of_the_same_kind(tmp_path: Path, upscaler: Upscaler, name: str) -> None:
    source, target = made(tmp_path, name), tmp_path / f"out{Path(name).suffix}"
    told: list[float] = []
    outcome = restore_file(source, target, Options(model=upscaler), progress=told.append)
    assert (outcome.error, outcome.skipped, outcome.content) == (None, False, None)
    before, after = images.read_file(source), images.read_file(target)
    assert type(before) is type(after)
    if isinstance(before, images.Frames) and isinstance(after, images.Frames):
        assert [one.shape[:2] for one in after.samples] == [(40, 36)] * 3
    elif isinstance(after, Picture):
        assert (after.height, after.width) == (48, 48)
    assert told[0] == 0
    assert told == sorted(told)
    assert told[-1] == pytest.approx(1)
    assert len(told) > 3


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "moving.gif", "a.tif"])
def test_bytes_in_and_bytes_out_are_the_same_file(tmp_path: Path, upscaler: Upscaler, name: str) -> None:
    source, target = made(tmp_path, name), tmp_path / f"out{Path(name).suffix}"
    restore_file(source, target, Options(model=upscaler))
    outcome = restore_file(source.read_bytes(), None, Options(model=upscaler))
    assert outcome.content == target.read_bytes()
    again = restore_file(source, None, Options(model=upscaler, format="png"))
    assert again.content is not None
    assert Image.open(io.BytesIO(again.content)).format == "PNG"
    with pytest.raises(BlindSRError, check=Code.UNSUPPORTED_FORMAT.matches) as caught:
        restore_file(b"no image at all", None, Options(model=upscaler))
    assert "/" not in str(caught.value)


def test_threads_share_one_model(tmp_path: Path, upscaler: Upscaler) -> None:
    """Each with options of its own, which must not reach the others: sizes, tiles by memory, previews."""
    sources = [picture(tmp_path / f"{n}.png", n, 40) for n in range(4)]
    options = [
        Options(model=upscaler),
        Options(model=upscaler, scale=1.5),
        Options(model=upscaler, preview=(4, 4, 20, 20)),
        Options(model=upscaler, max_memory=10**9, strength=0.5),
    ]
    alone = [restore_file(one, None, how).content for one, how in zip(sources, options, strict=True)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda n: restore_file(sources[n % 4], None, options[n % 4]).content, range(16)))
    assert together == alone * 4
    assert [restore_file(one, None, how).content for one, how in zip(sources, options, strict=True)] == alone


@pytest.mark.parametrize("name", KINDS)
def test_two_threads_share_one_model_for_each_kind_of_file(tmp_path: Path, upscaler: Upscaler, name: str) -> None:
    source, other = made(tmp_path, name), picture(tmp_path / "other.png", 5, 40)
    alone = [restore_file(one, None, Options(model=upscaler)).content for one in (source, other)]
    told: list[list[float]] = [[], []]
    with ThreadPoolExecutor(2) as pool:
        runs = [
            pool.submit(restore_file, one, None, Options(model=upscaler), progress=heard.append)
            for one, heard in zip((source, other), told, strict=True)
        ]
        assert [run.result().content for run in runs] == alone
    assert all(heard == sorted(heard) and heard[0] == 0 and heard[-1] == pytest.approx(1) for heard in told)


@pytest.mark.parametrize("name", KINDS)
def test_what_is_cancelled_half_way_leaves_nothing(
    tmp_path: Path, upscaler: Upscaler, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (tmp_path / "in").mkdir()
    source, out, cancel = made(tmp_path / "in", name), tmp_path / "out", Event()
    if name == "a.tif":  # through memory in strips
        monkeypatch.setattr(memory, "bytes_needed", lambda *_: 10**12)
        monkeypatch.setattr(memory, "strip_tile", lambda *_: 8)
    told: list[float] = []

    def progress(fraction: float) -> None:
        told.append(fraction)
        if fraction >= 0.3:
            cancel.set()

    with pytest.raises(CancelledError):
        restore_file(source, out / name, Options(model=upscaler), progress=Watch(progress, cancel))
    assert 0.3 <= told[-1] < 1
    assert list(out.iterdir()) == []


def test_a_function_may_stop_the_work_itself(tmp_path: Path, upscaler: Upscaler) -> None:
    def stop(fraction: float) -> None:
        raise CancelledError(f"stopped at {fraction}")

    with pytest.raises(CancelledError, match="stopped at 0"):
        restore_file(picture(tmp_path / "a.png"), tmp_path / "b.png", Options(model=upscaler), progress=stop)


def test_existing_results(tmp_path: Path, upscaler: Upscaler) -> None:
    source, target = picture(tmp_path / "a.png"), tmp_path / "b.png"
    target.write_bytes(b"old")
    with pytest.raises(BlindSRError, check=Code.FILE_EXISTS.matches):
        restore_file(source, target, Options(model=upscaler))
    assert restore_file(source, target, Options(model=upscaler, skip_existing=True)).skipped
    assert target.read_bytes() == b"old"
    restore_file(source, target, Options(model=upscaler, overwrite=True))
    assert images.read(target).width == 48


@pytest.mark.parametrize("existing", ["refuse", "skip"])
def test_a_result_that_appears_during_the_work_stays(tmp_path: Path, upscaler: Upscaler, existing: str) -> None:
    source, target = picture(tmp_path / "a.png"), tmp_path / "b.png"
    options = Options(model=upscaler, skip_existing=existing == "skip")

    def appear(_: float) -> None:
        target.write_bytes(b"made meanwhile")

    if existing == "skip":
        assert restore_file(source, target, options, progress=appear).skipped
    else:
        with pytest.raises(BlindSRError, check=Code.FILE_EXISTS.matches):
            restore_file(source, target, options, progress=appear)
    assert target.read_bytes() == b"made meanwhile"


@pytest.mark.parametrize(
    ("error", "code"),
    [(OSError(28, "No space left on device"), Code.CANNOT_WRITE), (MemoryError(), Code.OUT_OF_MEMORY)],
)
def test_what_the_system_refuses_is_one_sentence(
    tmp_path: Path, upscaler: Upscaler, monkeypatch: pytest.MonkeyPatch, error: Exception, code: Code
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    source = picture(tmp_path / "a.png")
    monkeypatch.setattr(images, "write", fail)
    with pytest.raises(BlindSRError, check=code.matches):
        restore_file(source, tmp_path / "b.png", Options(model=upscaler))


def test_a_store_is_read_and_written(tmp_path: Path, upscaler: Upscaler) -> None:
    store = fsspec.filesystem("memory")
    store.pipe("/door/a.png", picture(tmp_path / "a.png").read_bytes())
    try:
        restore_file("memory://door/a.png", "memory://door/out/b.png", Options(model=upscaler))
        restore_file(tmp_path / "a.png", tmp_path / "b.png", Options(model=upscaler))
        assert store.cat("/door/out/b.png") == (tmp_path / "b.png").read_bytes()
        with pytest.raises(BlindSRError, check=Code.FILE_EXISTS.matches):
            restore_file("memory://door/a.png", "memory://door/out/b.png", Options(model=upscaler))
        store.pipe("/door/bad.png", b"bad")
        with pytest.raises(BlindSRError, check=Code.UNSUPPORTED_FORMAT.matches):
            restore_file("memory://door/bad.png", "memory://door/c.png", Options(model=upscaler))
    finally:
        store.rm("/door", recursive=True)


def test_the_map_of_a_result_in_a_store_lies_beside_it(tmp_path: Path) -> None:
    from blindsr.methods.mzsr.model import MZSR, MZSRConfig

    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        learner = Upscaler(MZSR(MZSRConfig(layers=3, channels=4)), device="cpu")
    store = fsspec.filesystem("memory")
    store.pipe("/maps/a.png", picture(tmp_path / "a.png").read_bytes())
    try:
        outcome = restore_file(
            "memory://maps/a.png", "memory://maps/b.png", Options(model=learner, report=True, steps=0)
        )
        assert outcome.findings["consistency"]["map"] == "memory://maps/b.png.residual.png"
        assert sorted(store.ls("/maps", detail=False)) == ["/maps/a.png", "/maps/b.png", "/maps/b.png.residual.png"]
    finally:
        store.rm("/maps", recursive=True)


@pytest.mark.parametrize("name", ["a.png", "moving.gif"])
def test_an_image_that_the_model_fails_on_is_restored_by_another_and_that_is_reported(
    tmp_path: Path, upscaler: Upscaler, name: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(upscaler, "_guard", True)
    monkeypatch.setattr(upscaler, "_spares", ("bicubic_x2",))
    monkeypatch.setattr(upscaler.method, "restore", lambda lr, _: torch.ones_like(resize(lr, 2)))
    source, target, plain = made(tmp_path, name), tmp_path / f"out_{name}", tmp_path / f"plain_{name}"
    outcome = restore_file(source, target, Options(model=upscaler))
    restore_file(source, plain, Options(model="bicubic_x2"))
    assert len(outcome.findings["notes"]) == len(caplog.records) == 1
    assert outcome.to_dict()["notes"] == outcome.findings["notes"]
    assert target.read_bytes() == plain.read_bytes()
