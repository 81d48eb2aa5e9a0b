"""Numbers of pages and frames, and errors of decoders."""

import struct
from collections.abc import Iterator
from pathlib import Path

import pyvips
import tifffile
from PIL import Image

from blindsr.errors import BlindSRError, Code
from blindsr.images.codecs.header import any_size
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
    RuntimeError,
    struct.error,
    tifffile.TiffFileError,
    pyvips.Error,
)
"""Exceptions that decoders raise for corrupt files."""
_LONGEST = 200
"""Maximum length of a library's message; some quote the file."""


def decode_error(path: Path, error: Exception) -> BlindSRError:
    """Create the error for a file that a library cannot decode."""
    lines = str(getattr(error, "detail", "") or getattr(error, "message", "") or error).strip().splitlines()
    reason = lines[0].strip()[:_LONGEST] if lines else type(error).__name__
    return BlindSRError(f"{path} cannot be decoded: corrupt, truncated or unsupported ({reason})", Code.CANNOT_DECODE)


def pages(path: Path, kind: Format) -> list[int]:
    """Return the numbers of the frames or pages of a file, without reduced versions and transparency masks.

    A corrupt file appears to have one; reading it raises the error.

    Raises:
        BlindSRError: camera raw data with reduced previews only.
    """
    try:
        if kind == "tiff":
            return _full(path)
        if kind in ("gif", "webp", "png", "avif"):
            with any_size(), Image.open(path, formats=[kind]) as image:
                return list(range(getattr(image, "n_frames", 1) - has_hidden_still(image)))
    except MALFORMED:
        pass
    return [0]


def has_hidden_still(image: Image.Image) -> bool:
    """Whether the first picture of an animated PNG is not one of its frames."""
    return bool(getattr(image, "default_image", False))


def _full(path: Path) -> list[int]:
    with tifffile.TiffFile(path) as file:
        found = list(_distinct(file.pages))
        full = [number for number, page in enumerate(found) if not (page.is_reduced or page.is_mask)]
        if not full and found[0].subifds:
            raise BlindSRError(
                f"{path} contains camera raw data with a preview only; export it as TIFF first",
                Code.UNSUPPORTED_CONTENT,
            )
        return full or [0]


def _distinct(pages: tifffile.TiffPages) -> Iterator[tifffile.TiffPage]:
    """Yield the pages of a TIFF file up to one that was there before: in corrupt files, they may form a loop."""
    offsets = set[int]()
    for page in pages:
        if page.offset in offsets:
            return
        offsets.add(page.offset)
        yield page if isinstance(page, tifffile.TiffPage) else page.aspage()


def check_pixels(path: Path, width: int, height: int, max_pixels: int) -> None:
    """Check that an image has at most ``max_pixels``."""
    if width * height > max_pixels:
        raise BlindSRError(f"{path} has {width}x{height} pixels; at most {max_pixels} are supported", Code.TOO_LARGE)
