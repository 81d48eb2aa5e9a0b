import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from blindsr.contract import Hints, Method, StrictModel, Traits
from blindsr.errors import BlindSRError, Code
from blindsr.inference.bicubic import Bicubic
from blindsr.inference.tiles import Box, restore_tiled, split

_SCALE = 2


class Convolutions(Method[Tensor]):
    """Three convolutions with zero padding, so that borders count; the condition scales the features."""

    Config = StrictModel

    def __init__(self, limit: int = 10**9, words: str = "") -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(1)
        self.layers = nn.ModuleList([nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 8, 5, padding=2)])
        self.last = nn.Conv2d(8, 3 * _SCALE**2, 3, padding=1)
        for parameter in self.parameters():
            nn.init.normal_(parameter, std=0.2, generator=generator)
        self.limit, self.words = limit, words
        self.sizes: list[tuple[int, int]] = []

    @property
    def traits(self) -> Traits:
        return Traits(scale=_SCALE, margin=4)

    def condition(self, lr: Tensor, *, generator: torch.Generator, hints: Hints = Hints()) -> Tensor:
        return lr.mean((2, 3)) + torch.rand(1, 3, generator=generator).to(lr)

    def restore(self, lr: Tensor, condition: Tensor) -> Tensor:
        self.sizes.append((lr.shape[-2], lr.shape[-1]))
        if lr.shape[-1] * lr.shape[-2] > self.limit:
            raise RuntimeError(self.words) if self.words else torch.OutOfMemoryError("CUDA out of memory")
        x = lr * condition[..., None, None]
        for layer in self.layers:
            x = torch.sigmoid(layer(x))
        return F.pixel_shuffle(self.last(x), _SCALE)


def _tiled(method: Method[Tensor], lr: Tensor, tile: int) -> Tensor:
    scale = method.traits.scale
    out = torch.full((1, 3, lr.shape[-2] * scale, lr.shape[-1] * scale), torch.nan)
    with torch.no_grad():
        condition = method.condition(lr, generator=torch.Generator().manual_seed(0))
        return restore_tiled(method, lr, condition, tile=tile, out=out)


def _random(height: int, width: int) -> Tensor:
    return torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(height * 1000 + width))


@given(st.integers(1, 40), st.integers(1, 40), st.integers(4, 30))
@settings(deadline=None, max_examples=50)
def test_tiles_equal_the_whole(height: int, width: int, tile: int) -> None:
    lr = _random(height, width)
    method = Convolutions()
    torch.testing.assert_close(_tiled(method, lr, tile), _tiled(method, lr, 1000), atol=1e-5, rtol=0)


@pytest.mark.parametrize("tile", [5, 16])
def test_bicubic_tiles_equal_the_whole(tile: int) -> None:
    lr = _random(23, 17)
    for scale in (2, 3, 4):
        method = Bicubic(scale)
        whole = method.restore(lr, None)
        out = restore_tiled(method, lr, None, tile=tile, out=torch.empty_like(whole))
        torch.testing.assert_close(out, whole, atol=1e-5, rtol=0)


def test_a_margin_too_small_would_show(monkeypatch: pytest.MonkeyPatch) -> None:
    lr = _random(40, 40)
    whole = _tiled(Convolutions(), lr, 1000)
    monkeypatch.setattr(Convolutions, "traits", Traits(scale=_SCALE, margin=3))
    assert (_tiled(Convolutions(), lr, 10) - whole).abs().max() > 1e-5


def test_an_impulse_lands_where_it_should() -> None:
    for row, column in ((0, 0), (15, 16), (39, 23)):
        lr = torch.zeros(1, 3, 40, 24)
        lr[..., row, column] = 1
        out = restore_tiled(Bicubic(4), lr, None, tile=8, out=torch.empty(1, 3, 160, 96))
        centre = torch.tensor([row * 4 + 1.5, column * 4 + 1.5])
        peak = (out[0, 0] == out[0, 0].max()).nonzero().float().mean(0)
        assert (peak - centre).abs().max() <= 2


@given(st.integers(1, 60), st.integers(1, 60), st.integers(2, 64))
@settings(deadline=None)
def test_boxes_cover_the_image_once_and_are_nearly_equal(height: int, width: int, tile: int) -> None:
    image = torch.zeros(1, 1, height, width)
    boxes = split(Box(0, height, 0, width), tile)
    for box in boxes:
        box.crop(image).add_(1)
    assert (image == 1).all()
    assert max(box.side for box in boxes) <= tile
    heights = {box.bottom - box.top for box in boxes}
    assert max(heights) - min(heights) <= 1


@pytest.mark.parametrize(
    "words", ["", "DefaultCPUAllocator: can't allocate memory", "DefaultCPUAllocator: not enough memory"]
)
def test_smaller_tiles_where_memory_runs_out(words: str) -> None:
    lr = _random(150, 170)
    method = Convolutions(limit=70 * 70, words=words)
    torch.testing.assert_close(_tiled(method, lr, 512), _tiled(Convolutions(), lr, 512), atol=1e-5, rtol=0)
    assert method.sizes[0] == (150, 170)


def test_an_error_where_no_tile_fits() -> None:
    with pytest.raises(BlindSRError, check=Code.OUT_OF_MEMORY.matches):
        _tiled(Convolutions(limit=32 * 32 - 1), _random(100, 100), 512)


def test_other_errors_are_not_swallowed() -> None:
    with pytest.raises(RuntimeError, match="something else"):
        _tiled(Convolutions(limit=0, words="something else"), _random(10, 10), 512)
