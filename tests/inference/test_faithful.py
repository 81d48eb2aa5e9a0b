from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from blindsr import weights
from blindsr.contract import Hints, Method, StrictModel, Traits
from blindsr.degrade.blur import border_index
from blindsr.images import Picture
from blindsr.inference import Bicubic, Upscaler
from blindsr.inference.faithful import BORDER, ImplausibleError, crop_with_context, required_context
from blindsr.inference.progress import Watch
from blindsr.inference.tiles import Box

NEAR = 2 / 255


class Toy(Method[None]):
    """Whatever a function makes of the bicubic enlargement."""

    Config = StrictModel

    def __init__(self, make: Callable[[Tensor], Tensor], scale: int = 2) -> None:
        super().__init__()
        self.config = StrictModel()
        self.make, self.bicubic = make, Bicubic(scale)
        self.calls = 0

    @property
    def traits(self) -> Traits:
        return Traits(scale=self.bicubic.config.scale, margin=6)

    def condition(self, lr: Tensor, *, generator: torch.Generator, hints: Hints = Hints()) -> None:
        """Nothing to find out."""

    def restore(self, lr: Tensor, condition: None) -> Tensor:
        self.calls += 1
        return self.make(self.bicubic.restore(lr, None))


class Zeros(nn.Module):
    """Convolutions whose zeros around an image, biases and mixing of colours show."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList([nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 3, 5, padding=2)])
        generator = torch.Generator().manual_seed(1)
        for parameter in self.parameters():
            nn.init.normal_(parameter, std=0.1, generator=generator)

    def forward(self, x: Tensor) -> Tensor:
        first, second = self.layers
        return x + second(F.relu(first(x)))  # type: ignore[no-any-return]


def upscaler(make: Callable[[Tensor], Tensor] | None = None, scale: int = 2, **kwargs: Any) -> Upscaler:
    return Upscaler(Toy(make or Zeros(), scale), device="cpu", precision="fp32", **kwargs)


def random(height: int, width: int, seed: int = 0) -> Tensor:
    return torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(seed))


def smooth(height: int, width: int) -> Tensor:
    return 0.2 + 0.6 * F.avg_pool2d(random(height + 2, width + 2), 3, 1)


def mirrored(lr: Tensor, by: int) -> Tensor:
    for axis in (-2, -1):
        lr = lr.index_select(axis, border_index(lr.shape[axis], by, "symmetric"))
    return lr


def means(sr: Tensor, scale: int) -> Tensor:
    return F.avg_pool2d(sr, scale)


@settings(max_examples=30)
@given(st.integers(1, 40), st.integers(1, 40), st.data())
def test_a_piece_holds_its_box_and_goes_on_as_a_mirror_would(height: int, width: int, data: st.DataObject) -> None:
    lr = random(height, width)
    top, left = data.draw(st.integers(0, height - 1)), data.draw(st.integers(0, width - 1))
    box = Box(top, data.draw(st.integers(top + 1, height)), left, data.draw(st.integers(left + 1, width)))
    piece, inside = crop_with_context(lr, box, context := data.draw(st.integers(0, 20)))
    assert torch.equal(inside.crop(piece), box.crop(lr))
    by = BORDER
    wide = mirrored(lr, by)
    seen = Box(box.top + by, box.bottom + by, box.left + by, box.right + by).expanded(context, wide)
    assert torch.equal(piece, seen.crop(wide))


@pytest.mark.parametrize("size", [(30, 41), (17, 9), (3, 2), (1, 1)])
def test_results_at_borders_are_close_to_those_inside_an_image_mirrored_further(size: tuple[int, int]) -> None:
    lr, by = smooth(*size), 30
    alone = upscaler()(lr)
    amid = upscaler()(mirrored(lr, by))[..., 2 * by : 2 * (by + size[0]), 2 * by : 2 * (by + size[1])]
    zeros = Zeros()(Bicubic(2).restore(lr, None)).detach().clamp(0, 1)
    difference = float((alone - amid).abs().mean())
    assert difference < 0.25 * float((alone - zeros).abs().mean())
    assert difference < NEAR / 2 or min(size) < BORDER


@settings(max_examples=6)
@given(st.integers(1, 60), st.integers(1, 60), st.integers(5, 40), st.sampled_from([2, 4]))
def test_tiles_equal_the_whole(height: int, width: int, tile: int, scale: int) -> None:
    lr = smooth(height, width)
    lr[..., : height // 2, :] = 0.3  # one part without detail
    whole = upscaler(scale=scale, tile=1000)(lr)
    torch.testing.assert_close(upscaler(scale=scale, tile=tile)(lr), whole, atol=1e-5, rtol=0)


@settings(max_examples=20)
@given(st.tuples(*3 * (st.integers(0, 255),)), st.sampled_from([2, 3, 4]))
def test_one_colour_stays_that_colour_whatever_the_network_does(colour: tuple[int, ...], scale: int) -> None:
    lr = torch.tensor(colour).div(255).view(1, 3, 1, 1).expand(1, 3, 9, 11)
    one = upscaler(lambda x: 1 - x, scale=scale)
    sr = one(lr)
    torch.testing.assert_close(sr, lr[..., :1, :1].expand_as(sr), atol=1e-5, rtol=0)
    assert one.method.calls == 0


@pytest.mark.parametrize("steps", [1, 10, 60, 200])
def test_what_rises_slowly_goes_on_rising(steps: int) -> None:
    ramp = (torch.linspace(40, 40 + steps, 64).round() / 255).view(1, 1, 64, 1).expand(1, 3, 64, 30)
    noisy = upscaler(lambda x: x + 6 / 255 * torch.randn(x.shape, generator=torch.Generator().manual_seed(0)))
    rows = noisy(ramp).diff(dim=-2)
    assert float(rows.min()) > -0.5 / 255


def test_gray_stays_gray_to_the_bit_and_almost_gray_almost() -> None:
    gray = smooth(30, 20)[:, :1].expand(1, 3, 30, 20).clone()
    tinted = upscaler(lambda x: x + torch.tensor([0.1, 0.0, -0.1]).view(1, 3, 1, 1) * torch.sin(99 * x))
    sr = tinted(gray)
    assert torch.equal(sr[:, 0], sr[:, 1])
    assert torch.equal(sr[:, 0], sr[:, 2])
    gray[:, 0] += 2 / 255 * torch.rand(30, 20, generator=torch.Generator().manual_seed(0))
    sr = tinted(gray)
    assert float((sr.amax(1) - sr.amin(1)).max()) < 3.5 / 255


def test_colours_are_kept_where_there_are_some() -> None:
    lr = smooth(20, 20)
    raw = Toy(nn.Identity()).restore(lr, None)
    torch.testing.assert_close(upscaler(nn.Identity())(lr), raw, atol=NEAR, rtol=0)


def sparse(kind: str) -> Tensor:
    lr = torch.zeros(1, 3, 40, 40)
    match kind:
        case "stars":
            lr[..., 20, 30] = lr[..., 11, 9] = 1
        case "square":
            lr[:, 0, 12:25, 12:25] = 1
        case "lines":
            lr[..., ::8, :] = 1
        case "page":
            lr += 1
            lr[..., 10:30:4, 5:35:3] = 0
    return lr


@pytest.mark.parametrize("kind", ["stars", "square", "lines", "page"])
@pytest.mark.parametrize("scale", [2, 4])
def test_means_of_blocks_stay_near_the_image_where_it_has_no_noise(kind: str, scale: int) -> None:
    """A network that darkens, takes small things away and is not consistent with itself."""
    lr = sparse(kind)
    careless = upscaler(lambda x: 0.9 * F.avg_pool2d(x, 5, 1, 2), scale=scale)
    plain = upscaler(nn.Identity(), scale=scale)(lr)
    off = (means(careless(lr), scale) - lr).abs()
    raw = (means(0.9 * F.avg_pool2d(plain, 5, 1, 2), scale) - lr).abs()
    assert float(off.max()) < 0.2 < 0.6 * float(raw.max())
    assert float(off.mean()) < 0.75 * float(raw.mean())


def test_noise_that_was_removed_does_not_come_back_but_a_wrong_brightness_does() -> None:
    noise = torch.randn(1, 3, 60, 60, generator=torch.Generator().manual_seed(0))
    lr = 0.1 + 0.03 * noise
    sr = upscaler(lambda x: torch.full_like(x, 0.07))(lr)
    assert float(sr.mean()) == pytest.approx(0.1, abs=0.008)
    assert float(sr.std()) < 0.3 * 0.03


class Direct(Toy):
    """Keeps the first pixel of each block where the image has its pixels."""

    @property
    def symmetric(self) -> bool:
        return False

    def restore(self, lr: Tensor, condition: None) -> Tensor:
        scale = self.traits.scale
        return super().restore(lr, condition).roll((-scale // 2 + 1, -scale // 2 + 1), (-2, -1))


def test_direct_subsampling_is_not_taken_for_an_error() -> None:
    """A step lies where the method has it and not half a pixel of the image off."""
    lr = torch.zeros(1, 3, 30, 30)
    lr[..., 15:] = 1
    direct = Direct(nn.Identity(), 4)
    made = Upscaler(direct, device="cpu", precision="fp32")(lr)
    raw = direct.restore(lr, None).clamp(0, 1)
    middle = (..., slice(20, 100), slice(20, 100))
    assert float((made - raw)[middle].abs().max()) < 0.3
    assert float((made - raw)[middle].abs().mean()) < 0.02


class Consistent(Toy):
    """Says that it explains the image by its blur kernel."""

    @property
    def traits(self) -> Traits:
        return replace(super().traits, consistent=True)


def sharpened(x: Tensor) -> Tensor:
    return x + 2 * (x - F.avg_pool2d(x, 9, 1, 4, count_include_pad=False))


def test_a_method_with_back_projection_of_its_own_may_sharpen_freely() -> None:
    lr = 0.3 + 0.4 * sparse("page")
    raw = Toy(sharpened).restore(lr, None).clamp(0, 1)
    middle = (..., slice(12, -12), slice(12, -12))
    free, bound = (kind(sharpened) for kind in (Consistent, Toy))
    made, corrected = (Upscaler(one, device="cpu", precision="fp32")(lr) for one in (free, bound))
    torch.testing.assert_close(made[middle], raw[middle], atol=0.01, rtol=0)
    assert float((corrected - raw)[middle].abs().max()) > 0.05
    dark = Upscaler(Consistent(torch.zeros_like), device="cpu", precision="fp32")
    with pytest.raises(ImplausibleError):
        dark.enlarge(Picture(lr[0]), None, strict=True)


@pytest.mark.parametrize("value", [1.0, 0.0, float("nan"), float("inf")])
@pytest.mark.parametrize("tile", [16, 1000])
def test_a_result_that_is_not_the_images_is_replaced_and_that_is_told(value: float, tile: int) -> None:
    picture = Picture(smooth(40, 30)[0])
    told: list[str] = []
    failing = upscaler(lambda x: torch.full_like(x, value), scale=3, tile=tile)
    result = failing.upscale(picture, watch=Watch(on_warning=told.append))
    expected = Upscaler("bicubic_x3", device="cpu").upscale(picture)
    assert torch.equal(result.pixels, expected.pixels)
    assert len(told) == 1
    part = failing.preview(picture, None, (3, 4, 20, 22), watch=Watch(on_warning=told.append))
    torch.testing.assert_close(part.pixels, expected.pixels[:, 12:78, 9:69])
    with pytest.raises(ImplausibleError):
        failing.enlarge(picture, None, strict=True)


def test_strong_noise_that_was_clipped_and_removed_is_no_error() -> None:
    clean = torch.full((1, 3, 80, 80), 0.02)
    noise = torch.randn(clean.shape, generator=torch.Generator().manual_seed(0))
    picture = Picture((clean + 50 / 255 * noise).clamp(0, 1)[0])
    result = upscaler(lambda x: torch.full_like(x, 0.02)).enlarge(picture, None, strict=True)
    assert float(result.pixels.mean()) < 0.7 * float(picture.pixels.mean())


def test_what_went_wrong_is_logged_where_nobody_watches(caplog: pytest.LogCaptureFixture) -> None:
    upscaler(torch.ones_like, scale=3).upscale(Picture(smooth(20, 20)[0]))
    assert len(caplog.records) == 1


@pytest.mark.parametrize("level", [0.05, 0.15, 0.3])
@pytest.mark.parametrize("tile", [30, 1000])
def test_removing_noise_is_no_failure(level: float, tile: int) -> None:
    noise = torch.randn(3, 90, 90, generator=torch.Generator().manual_seed(1))
    picture = Picture((0.5 + level * noise).clamp(0, 1))
    told: list[str] = []
    upscaler(lambda x: torch.full_like(x, 0.5), tile=tile).upscale(picture, watch=Watch(on_warning=told.append))
    assert told == []


def test_spare_models_end_in_bicubic_and_none_is_tried_twice() -> None:
    for name in ("mrda_x4.real", "cmdsr_x4.plain", "dmsr_x2.light"):
        one, tried = Upscaler(name, device="cpu"), []
        while not isinstance(one.method, Bicubic):
            tried.append((type(one.method), one.method.config))
            one = one.fallback
            assert one.scale == int(name.split("_x")[1][0])
        assert len(set(map(str, tried))) == len(tried)


def test_bicubic_is_left_as_it_is() -> None:
    lr = random(9, 8)
    torch.testing.assert_close(Upscaler("bicubic_x2", device="cpu")(lr), Bicubic(2).restore(lr, None).clamp(0, 1))
    assert required_context(Bicubic(2)) == Bicubic(2).traits.margin


def synthetic() -> dict[str, Tensor]:
    """What photographs are not: one colour, few pixels that differ, drawings, gray, slopes."""
    y, x = torch.meshgrid(torch.arange(32.0), torch.arange(32.0), indexing="ij")
    colours = {"black": (0, 0, 0), "white": (1, 1, 1), "blue": (0, 0, 1), "green": (0, 1, 0), "light": (0.92,) * 3}
    flat = {name: torch.tensor(rgb).float().view(1, 3, 1, 1).expand(1, 3, 32, 32) for name, rgb in colours.items()}
    gray = {
        "slope": (40 + 60 * y / 31).round() / 255,
        "dark": (4 + 3 * torch.sin(x / 6) * torch.cos(y / 5)).round() / 255,
        "halftone": (
            (torch.sin(x * torch.pi / 2) + torch.sin(y * torch.pi / 2)) * 64 + 128 + (x - 16) * 2 > 128
        ).float(),
        "step": (x > 15).float(),
        "stripes": x % 2,
        "wide stripes": (x // 4) % 2,
    }
    return {
        **flat,
        **{name: one.expand(1, 3, 32, 32) for name, one in gray.items()},
        **{name: sparse(name) for name in ("stars", "square", "page")},
    }


@cache
def shipped(name: str) -> Upscaler:
    return Upscaler(name, device="cpu", precision="fp32")


@pytest.mark.slow
@pytest.mark.parametrize("image", synthetic())
@pytest.mark.parametrize("name", weights.available())
def test_all_weights_keep_to_what_is_no_photograph(name: str, image: str) -> None:
    one, lr = shipped(name), synthetic()[image]
    sr = one.upscale(Picture(lr[0]), watch=Watch(on_warning=lambda _: None)).pixels[None]
    off = means(sr, one.scale) - lr
    if one.method.symmetric:
        flat = (lr - lr.mean((2, 3), keepdim=True)).abs().max() == 0
        assert float(off.abs().max()) < (NEAR if flat else 0.35)
    assert float(off.mean().abs()) < 0.03
    if bool((lr == lr[:, :1]).all()):
        assert torch.equal(sr[:, 0], sr[:, 1])
        assert torch.equal(sr[:, 0], sr[:, 2])
    if image == "slope":
        assert float(sr.diff(dim=-2).min()) > -NEAR
