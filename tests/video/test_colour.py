"""Colours of videos there and back."""

import numpy as np
import pytest

from blindsr.video.colour import from_rgb, to_rgb


@pytest.mark.parametrize("matrix", [1, 6, 9, 2])
@pytest.mark.parametrize("bits", [8, 10])
@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("halved", [(True, True), (True, False), (False, False)])
def test_samples_come_back(matrix: int, bits: int, full: bool, halved: tuple[bool, bool]) -> None:
    generator = np.random.default_rng(0)
    colours = 0.2 + 0.6 * generator.random((2, 3, 3))
    rgb = colours.repeat(16, 0).repeat(16, 1).astype(np.float32)
    planes = from_rgb(rgb, bits, matrix, halved, full=full)
    shape = (32 // (1 + halved[1]), 48 // (1 + halved[0]))
    assert [plane.shape for plane in planes] == [(32, 48), shape, shape]
    back = to_rgb(planes, bits, matrix, full=full)
    inside = np.zeros((32, 48), bool)
    inside.reshape(2, 16, 3, 16)[:, 3:13, :, 3:13] = True
    assert np.abs(back - rgb)[inside].max() < 2 / 2**bits
    again = from_rgb(back.clip(0, 1), bits, matrix, halved, full=full)
    for one, other in zip(planes, again, strict=True):
        reduced = inside[:: 32 // one.shape[0], :: 48 // one.shape[1]]
        assert np.array_equal(one[reduced], other[reduced])


def test_known_codes() -> None:
    white, black, red = np.ones((2, 2, 3)), np.zeros((2, 2, 3)), np.array([1.0, 0, 0]) * np.ones((2, 2, 3))
    codes = [
        [int(p[0, 0]) for p in from_rgb(x.astype(np.float32), 8, 1, (True, True), full=False)]
        for x in (white, black, red)
    ]
    assert codes == [[235, 128, 128], [16, 128, 128], [63, 102, 240]]


def test_chroma_lies_where_it_does_in_mpeg_2() -> None:
    ramp = np.arange(16, dtype=np.float32)[None] * np.ones((16, 1), np.float32) / 32
    rgb = np.stack((0.5 + ramp / 2, 0.5 + 0 * ramp, 0.5 - ramp / 2), -1)
    for image in (rgb, rgb.transpose(1, 0, 2)):
        back = to_rgb(from_rgb(np.ascontiguousarray(image), 10, 1, (True, True), full=True), 10, 1, full=True)
        assert np.abs(back - image)[2:-2, 2:-2].max() < 0.003
