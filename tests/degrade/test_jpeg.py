"""JPEG by tensors and by libjpeg: the same bytes."""

import io

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, features
from torch import Tensor
from torch.nn import functional as F

from blindsr.degrade import jpeg

turbo = pytest.mark.skipif(not features.check_feature("libjpeg_turbo"), reason="Pillow has another libjpeg")
KINDS = ("noise", "smooth", "extremes", "flat")


def pictures(n: int, height: int, width: int, kind: str, seed: int) -> Tensor:
    source = torch.Generator().manual_seed(seed)
    noise = torch.rand(n, 3, height, width, generator=source)
    if kind == "smooth":
        small = torch.rand(n, 3, 5, 5, generator=source)
        return F.interpolate(small, size=(height, width), mode="bicubic") + 0.1 * (noise - 0.5)
    if kind == "flat":
        return torch.rand(n, 3, 1, 1, generator=source).expand_as(noise)
    return noise.round() if kind == "extremes" else noise


def by_pillow(x: Tensor, quality: int, *, full: bool = False, top: int = 0, left: int = 0) -> Tensor:
    """One image ``(3, h, w)``, extended by its edges at the top and left, coded, and cut again."""
    array = (x.clamp(0, 1) * 255).round().byte().permute(1, 2, 0).numpy()
    array = np.pad(array, ((top, 0), (left, 0), (0, 0)), mode="edge")
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, "JPEG", quality=quality, subsampling=0 if full else 2)
    return torch.from_numpy(np.array(Image.open(buffer))[top:, left:]).permute(2, 0, 1)


def levels(x: Tensor) -> Tensor:
    return (x * 255).round().byte()


def test_values_beyond_the_range_are_clipped_not_wrapped() -> None:
    x = torch.cat((torch.full((1, 3, 16, 16), -0.2), torch.full((1, 3, 16, 16), 1.2)), 3)
    for way in (jpeg.compress_by_libjpeg, jpeg.compress_by_tensors):
        torch.testing.assert_close(way(x, torch.tensor([95])), x.clamp(0, 1), atol=2 / 255, rtol=0)
    assert float(x.min()) < 0


def test_each_row_is_what_pillow_makes_of_it() -> None:
    x = (torch.rand(3, 3, 24, 40, generator=torch.Generator().manual_seed(0)) * 255).round() / 255
    out = jpeg.compress(x, torch.tensor([0, 30, 95]))
    assert torch.equal(out[0], x[0])
    for row, quality in ((1, 30), (2, 95)):
        assert torch.equal(levels(out[row]), by_pillow(x[row], quality))


@turbo
@pytest.mark.parametrize("full", [False, True])
def test_tensors_equal_libjpeg_at_every_quality(full: bool) -> None:
    """The 100 images of one batch have a quality each."""
    quality = torch.arange(1, 101)
    x = torch.cat([pictures(25, 21, 38, kind, seed) for seed, kind in enumerate(KINDS)])[torch.arange(100) * 33 % 100]
    out = jpeg.compress_by_tensors(x, quality, full_chroma=torch.full((100,), full))
    for row in range(100):
        assert torch.equal(levels(out[row]), by_pillow(x[row], row + 1, full=full)), row + 1


@turbo
@settings(deadline=None, max_examples=60)
@given(
    st.integers(1, 40),
    st.integers(1, 40),
    st.integers(1, 100),
    st.sampled_from(KINDS),
    st.booleans(),
    st.integers(0, 15),
    st.integers(0, 15),
)
def test_tensors_equal_libjpeg_at_any_size_and_offset(
    height: int, width: int, quality: int, kind: str, full: bool, top: int, left: int
) -> None:
    x = pictures(2, height, width, kind, height * width)
    settings = {"full_chroma": torch.tensor([full, not full]), "offset": torch.tensor([[top, left], [left, 0]])}
    expected = torch.stack(
        [by_pillow(x[0], quality, full=full, top=top, left=left), by_pillow(x[1], 50, full=not full, top=left)]
    )
    for way in (jpeg.compress_by_libjpeg, jpeg.compress_by_tensors):
        assert torch.equal(levels(way(x, torch.tensor([quality, 50]), **settings)), expected)


@turbo
@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(st.integers(1, 33), st.integers(1, 33)), min_size=1, max_size=4), st.integers(0, 15))
def test_images_of_several_sizes_in_one_batch(sizes: list[tuple[int, int]], offset: int) -> None:
    n = len(sizes)
    x = pictures(n, 33, 33, "smooth", n)
    quality, before = torch.arange(n) * 7 + 40, torch.full((n, 2), offset)
    out = jpeg.compress_by_tensors(x, quality, offset=before, sizes=torch.tensor(sizes))
    for row, (height, width) in enumerate(sizes):
        alone = by_pillow(x[row, :, :height, :width], int(quality[row]), top=offset, left=offset)
        assert torch.equal(levels(out[row, :, :height, :width]), alone)


def test_images_of_quality_0_stay_as_they_are() -> None:
    x = torch.randn(2, 3, 9, 11)
    for way in (jpeg.compress_by_libjpeg, jpeg.compress_by_tensors):
        out = way(x, torch.tensor([0, 60]))
        assert torch.equal(out[0], x[0])
        assert 0 <= float(out[1].min()) <= float(out[1].max()) <= 1


@turbo
def test_float32_alone_differs_by_a_level_here_and_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """What devices without float64 make of it: more than a level in less than one pixel of a hundred thousand."""
    monkeypatch.setattr(jpeg, "_exact_type", lambda _device: torch.float32)
    x, quality = pictures(8, 96, 96, "smooth", 0), torch.arange(8) * 13 + 5
    exact, approximate = (levels(way(x, quality)).int() for way in (jpeg.compress_by_libjpeg, jpeg.compress_by_tensors))
    difference = (exact - approximate).abs().float()
    assert float(difference.mean()) < 0.001
    assert float((difference > 1).float().mean()) < 1e-5


def test_mixed_precision_does_not_touch_it() -> None:
    x, quality = pictures(2, 24, 24, "smooth", 0), torch.tensor([30, 90])
    with torch.autocast("cpu", torch.bfloat16):
        mixed = jpeg.compress_by_tensors(x, quality)
    assert torch.equal(mixed, jpeg.compress_by_tensors(x, quality))
