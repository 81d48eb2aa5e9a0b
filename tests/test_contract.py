"""What a batch of images must look like."""

import pytest
import torch

from blindsr.contract import check_image
from blindsr.errors import BlindSRError


@pytest.mark.parametrize("shape", [(3, 4, 4), (1, 1, 4, 4), (1, 3, 0, 4), (0, 3, 4, 4)])
def test_anything_but_a_batch_of_rgb_images_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(BlindSRError, match="RGB"):
        check_image(torch.zeros(shape))


def test_a_batch_of_rgb_images_passes() -> None:
    check_image(torch.zeros(2, 3, 1, 5))
