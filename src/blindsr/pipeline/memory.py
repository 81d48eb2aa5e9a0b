"""Memory: available, needed, and the tiles that fit."""

import math
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from blindsr.errors import BlindSRError
from blindsr.inference.faithful import BORDER
from blindsr.inference.upscaler import TILES, Upscaler

_PER_INPUT = 40
"""Bytes per pixel of an image while its condition is estimated: floats and copies."""
_PER_OUTPUT = 48
"""Bytes per pixel of a result: floats, a clamped or resampled copy, and samples."""
_RUNTIME = 450_000_000
"""Bytes used by Python, torch, libvips and weights before any image."""
_SYSTEM = Path("/")
"""Where Linux reports memory."""
_GROUPS = {
    "": ("sys/fs/cgroup", "memory.max", "memory.current", "inactive_file"),
    "memory": ("sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
}
"""Folder and files of control groups, versions 2 and 1: limit, usage, and file cache."""
_POWERS = {"": 0, "K": 1, "M": 2, "G": 3, "T": 4}


def parse_memory(text: str) -> int:
    """Parse a memory size: ``2GB``, ``900M``, ``1.5GiB``; ``auto`` is most of the available memory.

    Raises:
        BlindSRError: invalid text, or less than Python and torch need.
    """
    if text == "auto":
        return max(2 * _RUNTIME, int(0.8 * available()))
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT]?)(i?)B?", text.strip(), re.IGNORECASE)
    if match is None:
        raise BlindSRError(f"expected memory such as 2GB or 800MB, or auto, got {text!r}")
    size = int(float(match[1]) * (1024 if match[3] else 1000) ** _POWERS[match[2].upper()])
    if size < 2 * _RUNTIME:
        raise BlindSRError(f"{text} is not enough memory: restoring needs at least {2 * _RUNTIME / 1e9:g} GB")
    return size


def available() -> int:
    """Return the available memory in bytes, including file caches; an estimate if the system does not report it."""
    available = _number(_SYSTEM / "proc/meminfo", "MemAvailable")
    if available is not None:
        return min([1024 * available, *_left_to_groups()])
    try:  # a lower bound: unused memory without caches
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError, AttributeError):
        return 4 * 10**9


def _left_to_groups() -> Iterator[int]:
    """Yield the remaining bytes of each control group of this process that has a limit.

    File caches count as available, since the system frees them on demand.
    """
    for line in _text(_SYSTEM / "proc/self/cgroup").splitlines():
        kinds, name = line.split(":", 2)[1:]
        if kinds not in _GROUPS:
            continue
        folder, limit, used, files = _GROUPS[kinds]
        own = _SYSTEM / folder / name.lstrip("/")
        # In a container, the name may refer to the host; the parent is then the container's group
        for group in (own, *own.parents):
            most, taken = _number(group / limit), _number(group / used)
            if most is not None and taken is not None:
                yield max(0, most - taken + (_number(group / "memory.stat", files) or 0))


def _number(path: Path, name: str = "") -> int | None:
    """Read a number from a file, or from the line with a name; None if there is none."""
    match = re.search(rf"^{name}:?\s*(\d+)", _text(path), re.MULTILINE)
    return None if match is None else int(match[1])


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""


def bytes_for_whole(pixels: int, scale: float) -> int:
    """Return the bytes needed for an image of a number of pixels, its result, and the libraries."""
    return _RUNTIME + math.ceil(pixels * (_PER_INPUT + _PER_OUTPUT * scale**2))


def bytes_needed(upscaler: Upscaler, width: int, height: int, scale: float) -> int:
    """Return the minimum of bytes needed to restore a whole image in memory."""
    return bytes_for_whole(width * height, scale) + _features(upscaler, width, height, TILES[-1])


def fitting_tile(upscaler: Upscaler, width: int, height: int, room: int) -> int:
    """Return the side of the largest tile that fits, at most the upscaler's own; the smallest if none fits.

    Args:
        upscaler: the upscaler.
        width: of the image, pixels.
        height: of the image, pixels.
        room: available bytes in addition to `bytes_for_whole`.
    """
    return _largest_tile(upscaler, lambda side: _features(upscaler, width, height, side) <= room)


def _features(upscaler: Upscaler, width: int, height: int, side: int) -> int:
    """Return the bytes of activations for a tile; 0 on devices other than the CPU."""
    if upscaler.device.type != "cpu":
        return 0
    traits = upscaler.method.traits
    padded = side + 2 * upscaler.context
    return traits.features(min(width + 2 * BORDER, padded), min(height + 2 * BORDER, padded))


def largest_analysed(limit: int) -> int:
    """Return the largest number of pixels that can be analysed at once."""
    return max(2**16, (limit - _RUNTIME) // (4 * _PER_INPUT))


def strip_tile(upscaler: Upscaler, width: int, limit: int) -> int:
    """Return the side of the largest tile such that a row of tiles fits, at most the upscaler's own.

    Args:
        upscaler: the upscaler.
        width: of the image, pixels.
        limit: memory limit, bytes.
    """
    traits, room = upscaler.method.traits, (limit - _RUNTIME) * 0.7

    def fits(side: int) -> bool:
        padded = side + 2 * upscaler.context
        rows = width * (padded * _PER_INPUT + side * traits.scale**2 * 9)
        return rows + _features(upscaler, width, padded, side) <= room

    return _largest_tile(upscaler, fits)


def _largest_tile(upscaler: Upscaler, fits: Callable[[int], bool]) -> int:
    """Return the side of the largest tile that fits, at most the upscaler's own; the smallest if none fits."""
    return min(upscaler.tile, next(filter(fits, TILES), TILES[-1]))


def side_of(pixels: int) -> int:
    """Return the side of a square of a number of pixels."""
    return math.isqrt(pixels)
