"""Cuts are found, motion and flicker are not taken for any."""

import numpy as np

from blindsr.video.shots import find_shots, histogram


def _frames(levels: list[int], noise: int = 4) -> list[np.ndarray]:
    generator = np.random.default_rng(0)
    shape = (20, 30, 3)
    return [np.clip(level + generator.integers(-noise, noise + 1, shape), 0, 255).astype(np.uint8) for level in levels]


def _shots(levels: list[int]) -> list[tuple[int, int]]:
    return find_shots([histogram(frame) for frame in _frames(levels)])


def test_histograms_are_shares() -> None:
    made = histogram(_frames([100])[0])
    assert made.shape == (3, 32)
    assert np.allclose(made.sum(1), 1)


def test_cuts() -> None:
    assert _shots([40] * 9 + [200] * 6 + [100] * 5) == [(0, 9), (9, 15), (15, 20)]
    assert _shots([100] * 12) == [(0, 12)]
    assert _shots([100]) == [(0, 1)]
    assert find_shots([]) == []


def test_what_is_no_cut() -> None:
    assert _shots(list(range(40, 200, 8))) == [(0, 20)]
    assert _shots([90, 140] * 10) == [(0, 20)]


def test_a_flash_does_not_make_shots_of_single_frames() -> None:
    assert min(end - start for start, end in _shots([40] * 8 + [250] + [40] * 8)) >= 3
