"""Opening of files by Pillow whatever their size."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock

from PIL import Image

_LIMIT = RLock()
"""Pillow has one limit for all threads: two that lift it at once would leave it lifted."""


@contextmanager
def any_size() -> Iterator[None]:
    """Let Pillow open files of any size: their headers are all that is read before our own limit is checked.

    Its own limit, which warns and then refuses at a size of its own, is given back.
    """
    with _LIMIT:
        before = Image.MAX_IMAGE_PIXELS
        Image.MAX_IMAGE_PIXELS = None
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = before
