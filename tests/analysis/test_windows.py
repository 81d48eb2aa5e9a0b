import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from blindsr.analysis.windows import boxes, jpeg_luma, middle, to_planes


@given(st.integers(1, 5000), st.integers(1, 5000), st.sampled_from([64, 256]), st.integers(1, 12))
def test_windows_lie_inside_and_keep_the_phase(height: int, width: int, side: int, count: int) -> None:
    found = boxes(height, width, side, count)
    assert 1 <= len(found) <= count
    for rows, columns in found:
        assert rows.start % 8 == columns.start % 8 == 0
        assert rows.start < height
        assert columns.start < width
        assert min(rows.stop, height) - rows.start >= min(side, height) - 8
        assert min(columns.stop, width) - columns.start >= min(side, width) - 8


def test_windows_are_spread_over_the_image() -> None:
    found = boxes(3000, 4000, 256, 6)
    assert len(found) == 6
    assert {rows.start for rows, _ in found} == {0, 2744}


def test_the_middle_is_in_the_middle() -> None:
    assert middle(100, 300, 40) == (slice(30, 70), slice(130, 170))
    assert middle(10, 20, 40) == (slice(0, 40), slice(0, 40))


def test_luma_is_that_of_jfif() -> None:
    planes = to_planes(torch.tensor([1.0, 0.5, 0.0]).view(3, 1, 1).expand(3, 2, 2))
    assert planes.dtype == np.float32
    assert planes.shape == (3, 2, 2)
    assert jpeg_luma(planes)[0, 0] == pytest.approx(255 * (0.299 + 0.587 * 0.5))
