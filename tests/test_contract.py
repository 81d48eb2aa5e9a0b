"""What a batch of images must look like."""

import pytest
import torch
from pydantic import ValidationError

from blindsr.contract import RangesRecipe, check_image
from blindsr.errors import BlindSRError, Code


@pytest.mark.parametrize("shape", [(3, 4, 4), (1, 1, 4, 4), (1, 3, 0, 4), (0, 3, 4, 4)])
def test_anything_but_a_batch_of_rgb_images_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(BlindSRError, check=Code.INVALID_VALUE.matches):
        check_image(torch.zeros(shape))


def test_a_batch_of_rgb_images_passes() -> None:
    check_image(torch.zeros(2, 3, 1, 5))


@pytest.mark.parametrize("ranges", [{"noise_range": (5, 4)}, {"noise_range": (-1, 4)}, {"width_range": (0, 1)}])
def test_ranges_that_are_none_are_refused(ranges: dict[str, tuple[float, float]]) -> None:
    with pytest.raises(ValidationError, match="to be a range from at least"):
        RangesRecipe.model_validate({"steps": 1, **ranges})
