"""Times of decoding."""

import numpy as np
import pytest

from blindsr.video.encode import decode_times


@pytest.mark.parametrize(
    "shown", [[0, 40, 80], [0, 120, 40, 80, 240, 160, 200], [500], [0, 160, 80, 40, 120, 320, 240, 200, 280]]
)
def test_frames_are_decoded_before_they_are_shown(shown: list[int]) -> None:
    decoded = decode_times(np.array(shown, np.int64))
    assert (np.diff(decoded) > 0).all()
    assert (decoded <= np.array(shown)).all()
    assert len(decoded) == len(shown)
