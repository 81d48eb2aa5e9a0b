"""Numbers of pages and frames, and errors of decoders."""

import struct
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
"""What the libraries raise over damaged files."""
_LONGEST = 200
"""Characters of a library's words that are handed on; some quote the file."""


def decode_error(path: Path, error: Exception) -> BlindSRError:
    """Error for a file that a library cannot decode."""
    lines = str(getattr(error, "detail", "") or getattr(error, "message", "") or error).strip().splitlines()
    reason = lines[0].strip()[:_LONGEST] if lines else type(error).__name__
    return BlindSRError(f"{path} cannot be decoded: corrupt, truncated or unsupported ({reason})", Code.CANNOT_DECODE)


def pages(path: Path, kind: Format) -> list[int]:
    """Numbers of the frames or pages of a file; smaller versions of pages and transparency masks do not count.

    A corrupt file seems to have one: reading it raises the error.

    Raises:
        BlindSRError: raw data of a camera, whose pages are all smaller versions of them.
    """
    try:
        if kind == "tiff":
            return _full(path)
        if kind in ("gif", "webp", "png", "avif"):
            with any_size(), Image.open(path, formats=[kind]) as image:
                return list(range(getattr(image, "n_frames", 1) - hides_still(image)))
    except MALFORMED:
        pass
    return [0]


def hides_still(image: Image.Image) -> bool:
    """Whether the first picture of an animated PNG is none of its frames: it is for readers that show but one."""
    return bool(getattr(image, "default_image", False))


def _full(path: Path) -> list[int]:
    with tifffile.TiffFile(path) as file:
        found = [(page if isinstance(page, tifffile.TiffPage) else page.aspage()) for page in file.pages]
        full = [number for number, page in enumerate(found) if not (page.is_reduced or page.is_mask)]
        if not full and found[0].subifds:
            raise BlindSRError(
                f"{path} contains camera raw data with a preview only; export it as TIFF first",
                Code.UNSUPPORTED_CONTENT,
            )
        return full or [0]


def check_pixels(path: Path, width: int, height: int, max_pixels: int) -> None:
    """Check that an image has at most ``max_pixels``."""
    if width * height > max_pixels:
        raise BlindSRError(f"{path} has {width}x{height} pixels; at most {max_pixels} are supported", Code.TOO_LARGE)
