import pytest
import torch

from blindsr.degrade import resize
from blindsr.images import Metadata, Picture
from blindsr.pipeline.comparison import side_by_side


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (20, 31)])
def test_both_stand_beside_each_other(size: tuple[int, int]) -> None:
    before = Picture(torch.rand(3, *size, generator=torch.Generator().manual_seed(0)))
    after = Picture(torch.rand(3, 4 * size[0], 4 * size[1], generator=torch.Generator().manual_seed(1)))
    both = side_by_side(before, after).pixels
    height, width = 4 * size[0], 4 * size[1]
    torch.testing.assert_close(both[:, :height, :width], resize(before.pixels[None], 4)[0].clamp(0, 1))
    assert torch.equal(both[:, :height, width + 8 : 2 * width + 8], after.pixels)
    assert both.shape[2] == 2 * width + 8
    assert both.shape[1] > height + 8


def test_the_detail_is_where_something_is() -> None:
    flat = torch.full((3, 60, 60), 0.5)
    flat[:, 40:55, 42:57] = torch.rand(3, 15, 15, generator=torch.Generator().manual_seed(0))
    both = side_by_side(Picture(torch.full((3, 15, 15), 0.5)), Picture(flat)).pixels
    detail = both[:, 68:, 68:128]
    assert float(detail.std()) > 0.1


def test_the_profile_stays_and_transparency_goes() -> None:
    after = Picture(torch.zeros(3, 8, 8), torch.ones(1, 8, 8), Metadata(icc=b"profile", bits=16))
    both = side_by_side(Picture(torch.zeros(3, 2, 2)), after)
    assert (both.alpha, both.metadata.icc, both.metadata.bits) == (None, b"profile", 16)
