"""Opening of files of any size by Pillow."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock

from PIL import Image

_LIMIT = RLock()
"""Pillow has one limit for all threads; without the lock, threads could disable it permanently."""


@contextmanager
def any_size() -> Iterator[None]:
    """Disable Pillow's pixel limit temporarily, since only headers are read before the limit of this package applies.

    Pillow's limit, above which it warns and raises an error, is restored at the end.
    """
    with _LIMIT:
        before = Image.MAX_IMAGE_PIXELS
        Image.MAX_IMAGE_PIXELS = None
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = before
