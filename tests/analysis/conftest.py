"""Photographs that nothing was done to, small enough for tests."""

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from skimage import data

Photo = NDArray[np.uint8]


def _resized(image: Photo, fraction: float) -> Photo:
    """An image resampled to a fraction of its side."""
    size = round(image.shape[1] * fraction), round(image.shape[0] * fraction)
    return np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BICUBIC))


def _compressed(image: Photo, quality: float) -> Photo:
    """An image after JPEG."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=round(quality))
    with Image.open(buffer) as decoded:
        return np.asarray(decoded)


@pytest.fixture(scope="session")
def photos() -> list[Photo]:
    """Three photographs, reduced to less than half so that no grid of their own is left."""
    originals: list[Any] = [getattr(data, name)() for name in ("coffee", "chelsea", "rocket")]  # untyped functions
    return [_resized(image, 0.45) for image in originals]


@pytest.fixture(scope="session")
def resized() -> Callable[[Photo, float], Photo]:
    """Resamples an image to a fraction of its side."""
    return _resized


@pytest.fixture(scope="session")
def compressed() -> Callable[[Photo, float], Photo]:
    """Compresses an image by JPEG at a quality."""
    return _compressed
