from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pyvips
import torch
from PIL import Image
from torch import Tensor, nn

from blindsr.contract import Hints, Method, StrictModel, Traits
from blindsr.errors import BlindSRError, Code
from blindsr.images import Metadata, Picture, write
from blindsr.images.color.gamut import Gamut
from blindsr.inference import Bicubic, Source, Upscaler
from blindsr.inference.size import Size


class Sharpener(Method[Tensor]):
    """Bicubic of a sharper image; how much is a random condition, so that generator and support set can be seen."""

    Config = StrictModel
    supported_hints = frozenset({"support"})

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3, padding=1, padding_mode="replicate", bias=False)
        kernel = torch.full((3, 3), -0.25)
        kernel[1, 1] = 3.0
        self.conv.weight.data = torch.eye(3)[:, :, None, None] * kernel
        self.bicubic = Bicubic(2)
        self.dtypes: list[torch.dtype] = []

    @property
    def traits(self) -> Traits:
        return Traits(scale=2, margin=5)

    def condition(self, lr: Tensor, *, generator: torch.Generator, hints: Hints = Hints()) -> Tensor:
        seen = torch.stack([image.mean() for image in hints.support or (lr,)]).mean()
        return seen + 0.01 * torch.rand(1, generator=generator).to(lr)

    def restore(self, lr: Tensor, condition: Tensor) -> Tensor:
        x = self.conv(lr)
        self.dtypes.append(x.dtype)
        return self.bicubic.restore(torch.lerp(lr, x.float(), condition), None)


def _random(*shape: int) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (33, 70)])
@pytest.mark.parametrize("method", [Bicubic(4), Sharpener()])
def test_any_size_and_always_in_range(size: tuple[int, int], method: Method[Any]) -> None:
    upscaler = Upscaler(method, device="cpu", tile=16)
    sr = upscaler(_random(1, 3, *size))
    assert sr.shape == (1, 3, size[0] * upscaler.scale, size[1] * upscaler.scale)
    assert sr.dtype == torch.float32
    assert 0 <= sr.min() <= sr.max() <= 1


@pytest.mark.parametrize(
    ("held", "margin", "side"), [(0, 4, 512), (320, 24, 512), (3000, 5, 256), (3000, 50, 192), (10**6, 1, 64)]
)
def test_tiles_of_heavy_networks_are_smaller_but_not_mostly_context(
    held: int, margin: int, side: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Bicubic, "traits", Traits(4, margin, held))
    assert Upscaler(Bicubic(4), device="cpu").tile == side


@pytest.mark.parametrize("tile", [1, 7, 32, "auto"])
def test_a_constant_stays_constant(tile: Any) -> None:
    sr = Upscaler(Bicubic(2), device="cpu", tile=tile)(torch.full((1, 3, 9, 8), 0.5))
    torch.testing.assert_close(sr, torch.full_like(sr, 0.5), atol=1e-6, rtol=0)


def test_a_seed_fixes_the_result_whatever_came_before() -> None:
    one, other = _random(1, 3, 9, 9), _random(1, 3, 12, 9)
    upscaler = Upscaler(Sharpener(), device="cpu", precision="fp32")
    first = upscaler(one)
    upscaler(other)
    assert torch.equal(upscaler(one), first)
    assert not torch.equal(Upscaler(Sharpener(), device="cpu", precision="fp32", seed=1)(one), first)


def test_support_is_looked_at_instead() -> None:
    upscaler = Upscaler(Sharpener(), device="cpu")
    lr = _random(1, 3, 9, 9)
    dark, plain = torch.zeros(1, 3, 5, 5), Upscaler(Bicubic(2), device="cpu")(lr)
    assert (upscaler(lr, Hints(support=[dark])) - plain).abs().mean() < 0.1 * (upscaler(lr) - plain).abs().mean()
    picture = Picture(lr[0])
    unlike = upscaler.upscale(picture, Hints(support=[dark])).pixels - upscaler.upscale(picture).pixels
    assert unlike.abs().mean() > 0.02


def test_hints_that_a_method_cannot_use_are_refused() -> None:
    upscaler = Upscaler(Sharpener(), device="cpu")
    with pytest.raises(BlindSRError, check=Code.UNSUPPORTED_OPTION.matches):
        upscaler(_random(1, 3, 9, 9), Hints(noise=3.0, steps=2))


def test_a_condition_can_be_used_for_another_image() -> None:
    upscaler = Upscaler(Sharpener(), device="cpu", precision="fp32")
    one, other = _random(1, 3, 9, 9), _random(1, 3, 12, 9) * 0.3
    assert torch.equal(upscaler.restore(one, upscaler.condition(one)), upscaler(one))
    assert not torch.equal(upscaler.restore(one, upscaler.condition(other)), upscaler(one))


@pytest.mark.parametrize("region", [(0, 0, 5, 5), (20, 11, 9, 13), (31, 0, 1, 40), (0, 0, 32, 40)])
def test_a_preview_is_a_part_of_the_result(region: tuple[int, int, int, int]) -> None:
    left, top, width, height = region
    picture = Picture(_random(3, 40, 32), _random(1, 40, 32))
    upscaler = Upscaler(Sharpener(), device="cpu", precision="fp32")
    condition = upscaler.estimate_condition(picture)
    whole, part = upscaler.enlarge(picture, condition), upscaler.preview(picture, condition, region)
    rows, columns = slice(2 * top, 2 * (top + height)), slice(2 * left, 2 * (left + width))
    torch.testing.assert_close(part.pixels, whole.pixels[:, rows, columns])
    assert part.alpha is not None
    assert whole.alpha is not None
    torch.testing.assert_close(part.alpha, whole.alpha[:, rows, columns])


@pytest.mark.parametrize("region", [(-1, 0, 5, 5), (0, 0, 0, 5), (30, 0, 3, 5), (0, 39, 1, 2)])
def test_previews_lie_inside(region: tuple[int, int, int, int]) -> None:
    upscaler = Upscaler(Sharpener(), device="cpu")
    picture = Picture(_random(3, 40, 32))
    condition = upscaler.estimate_condition(picture)
    with pytest.raises(BlindSRError, check=Code.INVALID_VALUE.matches):
        upscaler.preview(picture, condition, region)


def test_precision_is_what_was_asked_for() -> None:
    for precision, dtype in (("fp32", torch.float32), ("bf16", torch.bfloat16)):
        method = Sharpener()
        Upscaler(method, device="cpu", precision=precision)(_random(1, 3, 4, 4))  # type: ignore[arg-type]
        assert method.dtypes == [dtype]


def test_half_precision_stays_close() -> None:
    lr = _random(1, 3, 20, 20)
    full, half = (Upscaler(Sharpener(), device="cpu", precision=p)(lr) for p in ("fp32", "bf16"))
    torch.testing.assert_close(full, half, atol=0.02, rtol=0)


def test_what_there_is_not_is_refused() -> None:
    with pytest.raises(BlindSRError, check=Code.DEVICE_UNAVAILABLE.matches):
        Upscaler(Bicubic(2), device="toaster")
    with pytest.raises(BlindSRError, check=Code.INVALID_VALUE.matches):
        Upscaler(Bicubic(2), precision="fp8")  # type: ignore[arg-type]
    with pytest.raises(BlindSRError, check=Code.INVALID_VALUE.matches):
        Upscaler(Bicubic(2), tile=0)
    with pytest.raises(BlindSRError, check=Code.INVALID_VALUE.matches):
        Upscaler(Bicubic(2), device="cpu")(_random(2, 3, 4, 4))
    with pytest.raises(BlindSRError, check=Code.INVALID_VALUE.matches):
        Upscaler(Bicubic(2), device="cpu")(_random(1, 1, 4, 4))


def test_tensors_of_bytes_are_refused_and_not_white() -> None:
    upscaler, grey = Upscaler(Bicubic(2), device="cpu"), torch.full((3, 4, 4), 100, dtype=torch.uint8)
    for use in (
        lambda: upscaler.upscale(grey),
        lambda: upscaler(grey[None]),
        lambda: upscaler.restore(grey[None], None),
    ):
        with pytest.raises(BlindSRError, check=Code.INVALID_VALUE.matches):
            use()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.0, 255.0])
def test_tensors_out_of_range_are_refused(value: float) -> None:
    image = _random(1, 3, 4, 4)
    image[0, 1, 2, 3] = value
    upscaler = Upscaler(Bicubic(2), device="cpu")
    for use in (
        lambda: upscaler.upscale(image[0]),
        lambda: upscaler(image),
        lambda: upscaler.restore(image, None),
    ):
        with pytest.raises(BlindSRError, check=Code.INVALID_VALUE.matches):
            use()


@pytest.mark.parametrize("source", [None, b"\x89PNG", [[0, 1], [1, 0]]])
def test_what_is_no_image_is_refused(source: Any) -> None:
    with pytest.raises(BlindSRError, check=Code.INVALID_VALUE.matches):
        Upscaler(Bicubic(2), device="cpu").upscale(source)


def test_results_share_no_memory_with_the_image() -> None:
    picture = Picture(_random(3, 4, 4), alpha=_random(1, 4, 4))
    result = Upscaler(Bicubic(2), device="cpu").upscale(picture, size=Size(factor=1))
    for tensor in (result.pixels, result.alpha):
        assert tensor is not None
        tensor.zero_()
    assert picture.pixels.any()
    assert picture.alpha is not None
    assert picture.alpha.any()


def test_everything_that_an_image_can_be(tmp_path: Path) -> None:
    array = _random(6, 5, 3).mul(255).round().byte().numpy()
    Image.fromarray(array).save(tmp_path / "a.png")
    upscaler = Upscaler(Bicubic(2), device="cpu")
    expected = upscaler.upscale(array).pixels
    sources: list[Any] = [
        tmp_path / "a.png",
        str(tmp_path / "a.png"),
        Image.fromarray(array),
        Picture.from_array(array),
    ]
    for source in sources:
        assert torch.equal(upscaler.upscale(source).pixels, expected)
    with pytest.raises(BlindSRError, check=Code.FILE_NOT_FOUND.matches):
        upscaler.upscale(tmp_path / "missing.png")


def test_metadata_and_depth_stay() -> None:
    metadata = Metadata(icc=b"i", exif=b"e", xmp=b"x", dpi=(300, 300), bits=16, gray=True, format="tiff")
    picture = Picture(_random(1, 4, 4).repeat(3, 1, 1), metadata=metadata)
    sr = Upscaler(Sharpener(), device="cpu").upscale(picture)
    assert sr.metadata == metadata
    assert torch.equal(sr.pixels[0], sr.pixels[2])
    assert sr.to_array().shape == (8, 8)
    assert sr.to_array().dtype == np.uint16


def test_white_gray_stays_white() -> None:
    sr = Upscaler(Bicubic(2), device="cpu").upscale(np.full((4, 4), 255, np.uint8))
    assert (sr.to_array() == 255).all()


def test_from_file_to_file(tmp_path: Path) -> None:
    source, target = tmp_path / "a.png", tmp_path / "b.tif"
    write(Picture(_random(3, 5, 4), metadata=Metadata(bits=16, dpi=(300, 300))), source)
    write(Upscaler(Bicubic(4), device="cpu").upscale(source), target)
    with Image.open(target) as image:
        assert image.size == (16, 20)
        assert image.info["dpi"] == pytest.approx((300, 300), abs=0.02)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
def test_the_device_makes_no_difference() -> None:
    lr = _random(1, 3, 40, 50)
    cpu = Upscaler(Sharpener(), device="cpu", precision="fp32")(lr)
    cuda = Upscaler(Sharpener(), device="cuda", precision="fp32", tile=16)(lr)
    assert cuda.device.type == "cpu"
    torch.testing.assert_close(cuda, cpu, atol=1e-3, rtol=0)


def test_what_comes_in_is_what_comes_out() -> None:
    upscaler = Upscaler("bicubic_x2", device="cpu")
    lr = torch.rand(3, 6, 7, generator=torch.Generator().manual_seed(0))
    whole = upscaler(lr[None])
    assert torch.equal(upscaler.upscale(lr).pixels, whole[0])
    assert torch.equal(upscaler(lr.permute(1, 2, 0).numpy()).pixels, whole[0])
    sources: list[Source] = [lr, Picture(lr)]
    assert all(torch.equal(one.pixels, whole[0]) for one in upscaler.map(sources))


def test_wide_colours_are_restored_as_srgb_and_come_back() -> None:
    p3 = bytes(pyvips.Image.profile_load("p3"))
    upscaler = Upscaler(Bicubic(2), device="cpu", precision="fp32")
    wide = Picture(_random(3, 12, 10), metadata=Metadata(icc=p3))
    result = upscaler.upscale(wide)
    assert result.metadata.icc == p3
    plain = upscaler.upscale(Picture(wide.pixels))
    assert (result.pixels - plain.pixels).abs().mean() < 0.03  # interpolated in other colours
    green = torch.tensor([0.0, 1.0, 0.0])[:, None, None].expand(3, 8, 8)  # outside sRGB
    kept = upscaler.upscale(Picture(green, metadata=Metadata(icc=p3)))
    torch.testing.assert_close(kept.pixels, green.repeat(1, 2, 2), atol=2 / 255, rtol=0)


def test_the_network_sees_srgb(monkeypatch: pytest.MonkeyPatch) -> None:
    upscaler = Upscaler(Sharpener(), device="cpu", precision="fp32")
    metadata = Metadata(icc=bytes(pyvips.Image.profile_load("p3")))
    seen: list[Tensor] = []
    monkeypatch.setattr(upscaler, "condition", lambda lr, _: seen.append(lr))
    pixels = 0.2 + 0.6 * _random(3, 9, 9)
    upscaler.estimate_condition(Picture(pixels, metadata=metadata))
    gamut = Gamut(metadata.icc or b"")
    torch.testing.assert_close(seen[0], gamut.to_srgb(pixels[None]))
    assert not torch.allclose(seen[0], pixels[None], atol=0.02)


def test_threads_share_an_upscaler_each_with_tiles_of_its_own() -> None:
    upscaler = Upscaler(Sharpener(), device="cpu", precision="fp32", tile=40)
    pictures = [Picture(torch.rand(3, 50, 40, generator=torch.Generator().manual_seed(n))) for n in range(6)]
    alone = [upscaler.upscale(picture).pixels for picture in pictures]
    tiles = [16, None, 8, 24, None, 11]

    def restored(number: int) -> Tensor:
        return upscaler.upscale(pictures[number], tile=tiles[number]).pixels

    with ThreadPoolExecutor(3) as pool:
        together = list(pool.map(restored, [*range(6)] * 3))
    for one, expected in zip(together, alone * 3, strict=True):
        torch.testing.assert_close(one, expected, atol=1e-6, rtol=0)
    assert upscaler.tile == 40


@pytest.mark.parametrize("tile", [None, 20])
@pytest.mark.parametrize("part", [False, True])
def test_the_side_of_tiles_is_an_argument(monkeypatch: pytest.MonkeyPatch, tile: int | None, part: bool) -> None:
    sides: list[int] = []
    method = Sharpener()
    real = method.restore

    def restore(lr: Tensor, condition: Tensor) -> Tensor:
        sides.append(max(lr.shape[-2:]))
        return real(lr, condition)

    monkeypatch.setattr(method, "restore", restore)
    upscaler, picture = Upscaler(method, device="cpu", tile=64), Picture(_random(3, 40, 40))
    if part:
        upscaler.preview(picture, upscaler.estimate_condition(picture), (4, 4, 30, 30), tile=tile)
    else:
        upscaler.upscale(picture, tile=tile)
    assert len(sides) == (1 if tile is None else 4)
    assert max(sides) <= (tile or 40) + 2 * upscaler.context
