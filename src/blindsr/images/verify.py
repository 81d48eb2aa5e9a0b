"""Verification of written files, since not every encoder notices a full disk or quota."""

import errno
import sys
from mmap import ACCESS_READ, mmap
from pathlib import Path

from PIL import Image, ImageSequence

from blindsr.images.codecs import vips
from blindsr.images.codecs.header import any_size
from blindsr.images.formats import by_name
from blindsr.images.pages import MALFORMED
from blindsr.images.picture import Format

Sides = tuple[int, int]
"""Width and height, in pixels."""


def verify(path: Path, kind: Format, sides: list[Sides]) -> None:
    """Decode every pixel of a file and compare the sizes of its pictures with the expected ones.

    Args:
        path: path of the file.
        kind: format of the file.
        sides: of each picture that was written to it; those of an animation are all equal, and encoders may join
            frames that do not differ.

    Raises:
        OSError: it cannot be decoded, or contains other pictures.
    """
    try:
        found = _decoded(path, kind, len(sides))
    except MALFORMED:
        found = []
    if set(found) != set(sides):
        raise OSError(errno.EIO, "the written file cannot be read again; is the disk full?")


def _decoded(path: Path, kind: Format, count: int) -> list[Sides]:
    if kind == "heic":
        return _by_heif(path)
    # libvips does not read BMP, PPM and PNG frames, and accepts truncated GIF files
    if kind in ("bmp", "ppm", "avif", "gif") or (kind == "png" and count > 1):
        return _by_pillow(path, kind)
    reader = by_name(kind).reader
    if reader is not None:
        with path.open("rb") as file:
            picture = reader(file, path, sys.maxsize)
        return [(picture.width, picture.height)]
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
        return [_by_libvips(data, kind, page) for page in range(count if kind == "tiff" else 1)]


def _by_libvips(data: mmap, kind: Format, page: int) -> Sides:
    """Decode a page with libvips in streaming mode; all frames of an animation at once."""
    which = {"page": page} if page else {"n": -1} if kind == "webp" else {}
    image = vips.load(kind, data, access="sequential", **which)
    image.avg()
    return image.width, image.get_page_height()


def _by_pillow(path: Path, kind: Format) -> list[Sides]:
    with any_size(), Image.open(path, formats=[kind]) as image:
        return [_loaded(frame) for frame in ImageSequence.Iterator(image)]


def _loaded(image: Image.Image) -> Sides:
    image.load()
    return image.size


def _by_heif(path: Path) -> list[Sides]:
    import pillow_heif  # noqa: PLC0415  # an extra, without which there is no such file

    with path.open("rb") as file:
        return [_loaded(image.to_pillow()) for image in pillow_heif.open_heif(file)]
