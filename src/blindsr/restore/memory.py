"""How much memory there is, how much restoring an image takes, and tiles that fit."""

import math
import os
import re

from blindsr.errors import BlindSRError

_PER_INPUT = 40
"""Bytes that each pixel of an image takes while it is looked at: its floats, and copies of them."""
_PER_OUTPUT = 48
"""Bytes that each pixel of a result takes: its floats, a copy that is clamped or resampled, and its samples."""
_PER_TILE_PIXEL = 5000
"""Bytes of features that each input pixel of a tile takes, of the largest network here."""
_RUNTIME = 450_000_000
"""Bytes that Python, torch, libvips and weights take before the first pixel."""
_POWERS = {"": 0, "K": 1, "M": 2, "G": 3, "T": 4}
TILES = (1024, 512, 384, 256, 192, 128, 96, 64)
"""Sides of tiles to choose from, pixels of the input."""


def parse(text: str) -> int:
    """Bytes as a user writes them: ``2GB``, ``900M``, ``1.5GiB``; ``auto`` is most of what is free.

    Raises:
        BlindSRError: something else, or less than Python and torch themselves take.
    """
    if text == "auto":
        return max(2 * _RUNTIME, int(0.8 * free()))
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT]?)(i?)B?", text.strip(), re.IGNORECASE)
    if match is None:
        raise BlindSRError(f"expected memory such as 2GB or 800MB, or auto, got {text!r}")
    size = int(float(match[1]) * (1024 if match[3] else 1000) ** _POWERS[match[2].upper()])
    if size < 2 * _RUNTIME:
        raise BlindSRError(f"{text} are not enough: restoring takes at least {2 * _RUNTIME / 1e9:g} GB")
    return size


def free() -> int:
    """Bytes of memory that nothing uses; a guess where the system does not tell."""
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError, AttributeError):
        return 4 * 10**9


def needed(pixels: int, scale: int) -> int:
    """Bytes that an image of so many pixels takes to be restored in one piece."""
    return _RUNTIME + pixels * (_PER_INPUT + _PER_OUTPUT * scale**2)


def largest_look(limit: int) -> int:
    """How many pixels of an image can be looked at at once."""
    return max(2**16, (limit - _RUNTIME) // (4 * _PER_INPUT))


def largest_tile(limit: int, width: int, scale: int, margin: int) -> int:
    """Side of a tile such that it, and a row of such tiles as wide as the image, fit.

    Args:
        limit: bytes.
        width: of the image, pixels.
        scale: output pixels per input pixel along each side.
        margin: context of a tile, pixels of the input.
    """
    room = (limit - _RUNTIME) * 0.7

    def takes(side: int) -> float:
        rows = width * ((side + 2 * margin) * _PER_INPUT + side * scale**2 * 9)
        return rows + (side + 2 * margin) ** 2 * _PER_TILE_PIXEL

    return next((side for side in TILES if takes(side) <= room), TILES[-1])


def side_of(pixels: int) -> int:
    """Side of a square of so many pixels."""
    return math.isqrt(pixels)
