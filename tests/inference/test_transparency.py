import pytest
import torch
from torch import Tensor

from blindsr.images import Picture
from blindsr.inference import Bicubic, Upscaler


def _random(*shape: int) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("hidden", [0.0, 1.0])
@pytest.mark.parametrize("size", [(1, 7), (16, 16), (13, 21)])
def test_what_is_hidden_leaves_no_fringe(hidden: float, size: tuple[int, int]) -> None:
    """One colour on nothing: whatever lies under the transparent part, the colour is the same everywhere."""
    colour = torch.tensor([0.8, 0.4, 0.2]).view(3, 1, 1)
    alpha = torch.zeros(1, *size)
    alpha[:, :, 3:6] = 1
    alpha[:, :, 6] = 0.5
    picture = Picture(torch.where(alpha > 0, colour, torch.tensor(hidden)), alpha)
    sr = Upscaler(Bicubic(2), device="cpu").upscale(picture)
    torch.testing.assert_close(sr.pixels, colour.expand_as(sr.pixels), atol=1e-5, rtol=0)
    assert sr.alpha is not None
    assert sr.alpha.shape == (1, 2 * size[0], 2 * size[1])
    assert 0 <= sr.alpha.min() < 0.01 < 0.99 < sr.alpha.max() <= 1


def test_visible_colours_are_not_touched() -> None:
    pixels = _random(3, 9, 9)
    alpha = (_random(1, 9, 9) > 0.5).float()
    shown = Upscaler(Bicubic(1), device="cpu").upscale(Picture(pixels, alpha)).pixels
    torch.testing.assert_close(shown * alpha, pixels * alpha)


def test_all_transparent_and_all_opaque_pass() -> None:
    for value in (0.0, 1.0):
        sr = Upscaler(Bicubic(2), device="cpu").upscale(Picture(_random(3, 4, 4), torch.full((1, 4, 4), value)))
        assert sr.alpha is not None
        assert (sr.alpha == value).all()
