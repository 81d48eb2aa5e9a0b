"""The JPEG quality that a file tells of itself."""

import os
from functools import cache
from io import BytesIO

from PIL import Image

from blindsr.images.header import any_size


def jpeg_quality(path: str | os.PathLike[str]) -> int | None:
    """The quality, 1 to 100, of libjpeg's scale whose quantisation is nearest to the file's; None if it is no JPEG.

    Programs with tables of their own (cameras, Photoshop) get the nearest one.
    """
    try:
        with any_size(), Image.open(path, formats=["JPEG"]) as image:
            tables = getattr(image, "quantization", None)
            table = tuple(tables[min(tables)]) if tables else None
    except (OSError, SyntaxError, ValueError):
        return None
    if table is None:
        return None
    return min(range(1, 101), key=lambda quality: sum(abs(a - b) for a, b in zip(table, _luma(quality), strict=True)))


@cache
def _luma(quality: int) -> tuple[int, ...]:
    """Luma's quantisation at a quality of libjpeg's scale, from a file that it wrote."""
    buffer = BytesIO()
    Image.new("L", (8, 8)).save(buffer, "JPEG", quality=quality)
    with Image.open(buffer) as image:
        return tuple(image.quantization[0])  # type: ignore[attr-defined]  # JPEG files have it
