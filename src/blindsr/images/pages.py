"""How many pictures a file holds."""

import struct
from pathlib import Path

import tifffile
from PIL import Image

from blindsr.images.picture import Format

MALFORMED = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    LookupError,
    ArithmeticError,
    TypeError,
    AttributeError,
    struct.error,
    Image.DecompressionBombError,
    tifffile.TiffFileError,
)
"""What Pillow and tifffile raise over damaged files."""


def pages(path: Path, kind: Format) -> list[int]:
    """Numbers of the frames or pages of a file; pages of a TIFF that are smaller versions of others do not count.

    A file that is damaged seems to have one: reading it says what is wrong.
    """
    try:
        if kind == "tiff":
            return _full(path)
        if kind in ("gif", "webp", "png"):
            with Image.open(path, formats=[kind]) as image:
                return list(range(getattr(image, "n_frames", 1)))
    except MALFORMED:
        pass
    return [0]


def _full(path: Path) -> list[int]:
    with tifffile.TiffFile(path) as file:
        found = [(page if isinstance(page, tifffile.TiffPage) else page.aspage()) for page in file.pages]
        return [number for number, page in enumerate(found) if not (number and page.is_reduced)] or [0]
