import pytest
import torch

from blindsr.errors import BlindSRError
from blindsr.images import modcrop


def test_modcrop_cuts_bottom_and_right() -> None:
    x = torch.arange(7 * 9).view(1, 1, 7, 9)
    assert torch.equal(modcrop(x, 4), x[..., :4, :8])


def test_modcrop_refuses_an_image_that_would_vanish() -> None:
    with pytest.raises(BlindSRError, match="at least 4x4"):
        modcrop(torch.zeros(1, 3, 3, 9), 4)
