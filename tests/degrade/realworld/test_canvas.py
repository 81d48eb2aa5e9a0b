"""Batches of several sizes against the same done image by image."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from blindsr.degrade import blur
from blindsr.degrade.jpeg import compress
from blindsr.degrade.realworld.canvas import Canvas, largest_size, scaled_sizes
from blindsr.degrade.resample import MODES, resize_by_mode

sizes_of_images = st.lists(st.tuples(st.integers(1, 24), st.integers(1, 24)), min_size=1, max_size=4)
UNKNOWN = 1e6
"""What stands in a canvas beyond its images."""


def canvas_of(sizes: list[tuple[int, int]], seed: int) -> tuple[Canvas, list[Tensor]]:
    source = torch.Generator().manual_seed(seed)
    images = [torch.rand(1, 3, *size, generator=source) for size in sizes]
    pixels = torch.full((len(sizes), 3, 25, 26), UNKNOWN)
    for row, image in zip(pixels, images, strict=True):
        row[:, : image.shape[2], : image.shape[3]] = image
    return Canvas(pixels, torch.tensor(sizes)), images


def assert_images(canvas: Canvas, expected: list[Tensor], tolerance: float) -> None:
    for row, image in enumerate(expected):
        height, width = image.shape[2:]
        assert canvas.sizes[row].tolist() == [height, width]
        torch.testing.assert_close(canvas.pixels[row : row + 1, :, :height, :width], image, atol=tolerance, rtol=0)


@settings(deadline=None, max_examples=30)
@given(sizes_of_images, st.sampled_from(range(len(MODES))), st.data())
def test_resizing_in_every_mode(sizes: list[tuple[int, int]], mode: int, data: st.DataObject) -> None:
    canvas, images = canvas_of(sizes, mode)
    wanted = data.draw(
        st.lists(st.tuples(st.integers(1, 40), st.integers(1, 40)), min_size=len(sizes), max_size=len(sizes))
    )
    modes = torch.tensor([(mode + row) % len(MODES) for row in range(len(sizes))])
    targets = torch.tensor(wanted)
    resized = canvas.resized(targets, modes, largest_size(targets))
    expected = [resize_by_mode(image, size, int(way)) for image, size, way in zip(images, wanted, modes, strict=True)]
    assert_images(resized, expected, 2e-5)
    assert bool(torch.isfinite(resized.pixels).all())


@settings(deadline=None, max_examples=20)
@given(sizes_of_images, st.sampled_from([1, 3, 7, 21]))
def test_blur(sizes: list[tuple[int, int]], side: int) -> None:
    canvas, images = canvas_of(sizes, side)
    canvas = canvas.changed(canvas.pixels.clamp(max=1))
    kernels = torch.rand(len(sizes), side, side, generator=torch.Generator().manual_seed(side))
    kernels = kernels / kernels.sum((1, 2), keepdim=True)
    expected = [blur(image, kernels[row : row + 1], "reflect") for row, image in enumerate(images)]
    assert_images(canvas.blurred(kernels), expected, 3e-6)


@settings(deadline=None, max_examples=20)
@given(sizes_of_images)
def test_compression(sizes: list[tuple[int, int]]) -> None:
    canvas, images = canvas_of(sizes, 0)
    quality = torch.arange(len(sizes)) * 30
    expected = [compress(image, quality[row : row + 1]) for row, image in enumerate(images)]
    assert_images(canvas.compressed(quality), expected, 2 / 255)


def test_what_is_inside() -> None:
    canvas, _ = canvas_of([(2, 3), (25, 26)], 0)
    assert canvas.inside.shape == (2, 1, 25, 26)
    assert canvas.inside.sum((1, 2, 3)).tolist() == [6, 650]
    assert bool((canvas.pixels.masked_select(canvas.inside.expand(-1, 3, -1, -1)) <= 1).all())
    assert bool(Canvas.whole(torch.rand(2, 3, 4, 5)).inside.all())


@pytest.mark.parametrize("factor", [0.001, 0.15, 0.5, 0.333, 1.0, 1.2])
def test_sizes_round_as_those_of_single_images(factor: float) -> None:
    value = torch.tensor([factor])
    expected = [max(1, round(side * float(value))) for side in (45, 33)]
    assert scaled_sizes((45, 33), value).tolist() == [expected]
