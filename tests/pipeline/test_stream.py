from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from blindsr import images
from blindsr.contract import Hints
from blindsr.errors import BlindSRError, Code
from blindsr.images import Picture
from blindsr.inference import Bicubic, Upscaler
from blindsr.inference.progress import CancelledError, Watch
from blindsr.inference.size import Size
from blindsr.methods.cmdsr.model import CMDSR, CMDSRConfig
from blindsr.pipeline import memory, stream
from blindsr.pipeline.stream import restore_in_strips

LIMIT = 2 * 10**9


@pytest.fixture
def upscaler() -> Upscaler:
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        method = CMDSR(CMDSRConfig(scale=2, blocks=1, channels=8, support=2, patch=8, features=4))
    return Upscaler(method, device="cpu", precision="fp32", tile=24, guard=False)


def picture(channels: int, height: int = 61, width: int = 50, dtype: type = np.uint8) -> Picture:
    generator = np.random.default_rng(channels)
    array: NDArray[Any] = generator.integers(0, np.iinfo(dtype).max, (height, width, channels)).astype(dtype)
    if channels in (2, 4):
        array[..., -1] = np.maximum(array[..., -1], 1)  # where nothing shows, colours may differ
    return Picture.from_array(array)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_strips_give_what_the_whole_gives(upscaler: Upscaler, channels: int, suffix: str, tmp_path: Path) -> None:
    source, target = tmp_path / "a.png", tmp_path / f"b{suffix}"
    images.write(picture(channels), source)
    told: list[float] = []
    restore_in_strips(upscaler, source, target, max_memory=LIMIT, strength=0.7, watch=Watch(told.append))
    ours, whole = images.read(target).to_array(), upscaler.upscale(source, strength=0.7).to_array()
    assert ours.shape == whole.shape
    assert np.abs(ours.astype(int) - whole.astype(int)).max() <= 1
    assert told == [pytest.approx(end / 61) for end in (24, 48, 61)]
    assert upscaler.tile == 24


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_jpeg_in_strips_is_that_of_the_whole(upscaler: Upscaler, channels: int, tmp_path: Path) -> None:
    source, ours, whole = tmp_path / "a.png", tmp_path / "b.jpg", tmp_path / "c.jpg"
    images.write(picture(channels), source)
    restore_in_strips(upscaler, source, ours, max_memory=LIMIT, quality=80)
    images.write(upscaler.upscale(source), whole, quality=80)
    assert ours.stat().st_size == pytest.approx(whole.stat().st_size, rel=0.01)
    found, expected = images.read(ours), images.read(whole)
    assert found.metadata == expected.metadata
    # A difference of 1 before the compression may move coefficients by one step after it
    assert np.abs(found.to_array().astype(int) - expected.to_array().astype(int)).mean() < 0.1
    assert sorted(tmp_path.iterdir()) == [source, ours, whole]


def test_a_side_that_the_format_does_not_hold_is_refused_before_the_work(upscaler: Upscaler, tmp_path: Path) -> None:
    images.write(picture(3, 64, 16500), tmp_path / "a.png")
    with pytest.raises(BlindSRError, check=Code.CANNOT_WRITE.matches):
        restore_in_strips(upscaler, tmp_path / "a.png", tmp_path / "b.jpg", max_memory=LIMIT, size=Size(factor=4))


def test_depth_is_kept(upscaler: Upscaler, tmp_path: Path) -> None:
    source, target = tmp_path / "a.tif", tmp_path / "b.png"
    images.write(picture(3, dtype=np.uint16), source)
    restore_in_strips(upscaler, source, target, max_memory=LIMIT)
    ours, whole = images.read(target), upscaler.upscale(source)
    assert ours.metadata.bits == 16
    torch.testing.assert_close(ours.pixels, whole.pixels.clamp(0, 1), atol=2e-5, rtol=0)


def test_what_does_not_fit_is_looked_at_in_its_middle(
    upscaler: Upscaler, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "a.png"
    images.write(picture(3, 120, 30), source)
    monkeypatch.setattr(memory, "largest_analysed", lambda limit: 30 * 40)
    seen: list[Picture] = []
    monkeypatch.setattr(upscaler, "estimate_condition", lambda picture, hints: seen.append(picture))
    stream.estimate_condition(upscaler, source, Hints(), LIMIT)
    (part,) = seen
    assert (part.height, part.width) == (40, 30)
    assert torch.equal(part.pixels, images.read(source).pixels[:, 40:80])


def test_a_condition_that_is_known_is_used(upscaler: Upscaler, tmp_path: Path) -> None:
    source, other = tmp_path / "a.png", picture(4)
    images.write(picture(3), source)
    condition = upscaler.estimate_condition(other)
    restore_in_strips(upscaler, source, tmp_path / "b.png", max_memory=LIMIT, condition=condition)
    expected = upscaler.enlarge(source, condition).to_array().astype(int)
    assert np.abs(images.read(tmp_path / "b.png").to_array().astype(int) - expected).max() <= 1


def test_an_image_that_breaks_off_leaves_nothing_behind(upscaler: Upscaler, tmp_path: Path) -> None:
    source, target = tmp_path / "a.png", tmp_path / "out" / "b.png"
    target.parent.mkdir()
    images.write(picture(3, 300, 300), source)
    source.write_bytes(source.read_bytes()[:-5000])
    with pytest.raises(BlindSRError, check=Code.CANNOT_DECODE.matches):
        restore_in_strips(upscaler, source, target, max_memory=LIMIT)
    assert not list(target.parent.iterdir())


@pytest.mark.parametrize("suffix", [".png", ".tif", ".jpg"])
@pytest.mark.parametrize("factor", [None, 1.5])
def test_a_full_disk_leaves_the_old_file(
    upscaler: Upscaler, tmp_path: Path, largest_file: Any, suffix: str, factor: float | None
) -> None:
    source, target = tmp_path / "a.png", tmp_path / f"b{suffix}"
    images.write(picture(3), source)
    restore_in_strips(upscaler, source, target, max_memory=LIMIT, size=Size(factor=factor))
    old = target.read_bytes()
    for share in (0.3, 0.99):
        with largest_file(int(share * len(old))), pytest.raises(OSError, match=r"File too large|written|read again"):
            restore_in_strips(upscaler, source, target, max_memory=LIMIT, size=Size(factor=factor))
        assert target.read_bytes() == old
    assert sorted(tmp_path.iterdir()) == [source, target]


def test_other_formats_are_refused(upscaler: Upscaler, tmp_path: Path) -> None:
    images.write(picture(3), tmp_path / "a.png")
    with pytest.raises(BlindSRError, check=Code.CANNOT_WRITE.matches):
        restore_in_strips(upscaler, tmp_path / "a.png", tmp_path / "b.webp", max_memory=LIMIT)


def test_what_is_cancelled_leaves_nothing_behind(upscaler: Upscaler, tmp_path: Path) -> None:
    source, cancel, told = tmp_path / "a.png", Event(), list[float]()
    images.write(picture(3), source)

    def progress(fraction: float) -> None:
        told.append(fraction)
        cancel.set()

    with pytest.raises(CancelledError):
        restore_in_strips(upscaler, source, tmp_path / "b.png", max_memory=LIMIT, watch=Watch(progress, cancel))
    assert len(told) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


@pytest.mark.parametrize("channels", [1, 4])
@pytest.mark.parametrize("factor", [1.5, 2.4])
def test_other_sizes_are_resampled_from_strips(channels: int, factor: float, tmp_path: Path) -> None:
    upscaler = Upscaler(Bicubic(2), device="cpu", precision="fp32", tile=24)
    source, target = tmp_path / "a.png", tmp_path / "b.tif"
    smooth = F.avg_pool2d(picture(4, 70, 58).pixels, 9, 1)
    images.write(Picture(smooth, metadata=images.Metadata(gray=channels == 1)), source)
    restore_in_strips(upscaler, source, target, max_memory=LIMIT, size=Size(factor=factor))
    ours, whole = images.read(target), upscaler.upscale(source, size=Size(factor=factor))
    assert ours.pixels.shape == whole.pixels.shape
    inside = (slice(None), slice(4, -4), slice(4, -4))  # at the borders libvips repeats pixels, MATLAB mirrors them
    assert (ours.pixels - whole.pixels)[inside].abs().mean() < 1.5 / 255
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "b.tif"]


def test_a_network_that_fails_halfway_leaves_no_rows_of_its_own(
    upscaler: Upscaler, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    source, target = tmp_path / "a.png", tmp_path / "b.png"
    told: list[str] = []
    images.write(picture(3), source)
    calls: list[Tensor] = []

    def restore(lr: Tensor, condition: Tensor) -> Tensor:
        calls.append(lr)
        made = 0.5 * Bicubic(2).restore(lr, None) + 0.25
        return made if len(calls) < 4 else torch.ones_like(made)

    monkeypatch.setattr(upscaler.method, "restore", restore)
    monkeypatch.setattr(upscaler, "_guard", True)
    monkeypatch.setattr(upscaler, "_spares", ("bicubic_x2",))
    restore_in_strips(upscaler, source, target, max_memory=LIMIT, watch=Watch(on_warning=told.append))
    assert len(calls) == 4
    assert len(told) == 1
    expected = Upscaler("bicubic_x2", device="cpu").upscale(source).to_array()
    assert np.abs(images.read(target).to_array().astype(int) - expected).max() <= 1
    assert sorted(tmp_path.iterdir()) == [source, target]
