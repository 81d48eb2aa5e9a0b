import numpy as np
import pytest
import torch
from skimage.color import rgb2ycbcr

from blindsr.errors import BlindSRError, Code
from blindsr.pixels import luma, modcrop, quantise, to_bytes


def test_luma_equals_scikit_image() -> None:
    rgb = torch.rand(2, 3, 5, 7, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    expected = np.stack([rgb2ycbcr(image.permute(1, 2, 0).numpy())[..., 0] for image in rgb])
    np.testing.assert_allclose(luma(rgb)[:, 0].numpy(), expected, atol=1e-9)


def test_luma_spans_the_studio_range() -> None:
    ends = torch.tensor([0.0, 1.0]).expand(1, 3, 1, 2)
    torch.testing.assert_close(luma(ends).flatten(), torch.tensor([16.0, 235.0]))


def test_quantise_rounds_to_the_nearest_and_clamps() -> None:
    x = torch.tensor([-0.2, 0.49 / 255, 0.51 / 255, 254.6 / 255, 1.3])
    assert quantise(x).mul(255).round().tolist() == [0, 0, 1, 255, 255]
    assert quantise(torch.tensor([0.6 / 65535]), bits=16).mul(65535).item() == 1


def test_modcrop_cuts_bottom_and_right() -> None:
    x = torch.arange(7 * 9).view(1, 1, 7, 9)
    assert torch.equal(modcrop(x, 4), x[..., :4, :8])


def test_modcrop_refuses_an_image_that_would_vanish() -> None:
    with pytest.raises(BlindSRError, check=Code.TOO_SMALL.matches):
        modcrop(torch.zeros(1, 3, 3, 9), 4)


def test_bytes_are_the_nearest_levels() -> None:
    values = torch.tensor([-1.0, 0.0, 0.4 / 255, 0.6 / 255, 254.6 / 255, 1.0, 2.0])
    assert to_bytes(values).dtype == torch.uint8
    assert to_bytes(values).tolist() == [0, 0, 0, 1, 255, 255, 255]
    assert torch.equal(to_bytes(values).float() / 255, quantise(values))
