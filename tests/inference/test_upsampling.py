import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from blindsr.degrade.resample import resize
from blindsr.inference.upsampling import BAND, Interpolation, Upsampling


@settings(max_examples=15)
@given(st.integers(1, 50), st.integers(1, 50), st.sampled_from([1, 2, 3, 4]), st.integers(1, 4))
def test_strips_are_those_of_the_interpolation(height: int, width: int, scale: int, channels: int) -> None:
    image = torch.rand(1, channels, height, width, generator=torch.Generator().manual_seed(height))
    for interpolation in ("bicubic", "bilinear"):
        made = Upsampling(image, scale, interpolation)
        tops = range(0, height, BAND)
        strips = torch.cat([made.rows(top, min(height, top + BAND)).clone() for top in tops], -2)
        if interpolation == "bilinear":
            whole = F.interpolate(image, scale_factor=scale, mode="bilinear")
        else:  # its matrices mirror an image, where this goes on with the last pixel
            whole = resize(F.pad(image, (3,) * 4, mode="replicate"), scale)
            whole = whole[..., 3 * scale : -3 * scale, 3 * scale : -3 * scale]
        torch.testing.assert_close(strips, whole, atol=1e-5, rtol=0)


@pytest.mark.parametrize("interpolation", ["bicubic", "bilinear"])
def test_any_rows_can_be_had_in_any_order(interpolation: Interpolation) -> None:
    image = torch.rand(1, 3, 40, 20, generator=torch.Generator().manual_seed(0))
    made = Upsampling(image, 2, interpolation)
    late = made.rows(20, 20 + BAND).clone()
    early = made.rows(4, 9).clone()
    assert early.shape == (1, 3, 10, 40)
    torch.testing.assert_close(Upsampling(image, 2, interpolation).rows(20, 29), late[..., :18, :])
    torch.testing.assert_close(Upsampling(image, 2, interpolation).rows(4, 20)[..., :10, :], early)
