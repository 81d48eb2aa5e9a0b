"""Access to libvips: all images that it decodes or encodes are opened here."""

from mmap import mmap
from pathlib import Path
from typing import Any

import pyvips
from numpy.typing import NDArray

from blindsr.forks import check_not_forked
from blindsr.images.picture import Format

pyvips.cache_set_max(0)  # what it remembers of earlier images would keep their files open
_LOADERS = {"avif": "heif"}
"""What libvips calls a kind where it differs."""


def _text(pointer: Any) -> str:
    """A message of libvips; some quote bytes of a file, which need not be UTF-8 as pyvips believes."""
    if pointer == pyvips.ffi.NULL:
        return ""
    return bytes(pyvips.ffi.string(pointer)).decode("utf-8", "replace")


pyvips._to_string = pyvips.error._to_string = _text  # by which it reads warnings and errors


def load(kind: Format, source: bytes | mmap | Path, **options: Any) -> pyvips.Image:
    """Open an image; only its header is decoded.

    Args:
        kind: of the file.
        source: its bytes, or its path; of a file, as much is read as is needed.
        options: of libvips' loader.

    Raises:
        BlindSRError: the process was forked from one that uses libvips.
        pyvips.Error: the file is damaged, cut short, or not of this kind.
    """
    check_not_forked()
    name = f"{_LOADERS.get(kind, kind)}load"
    if isinstance(source, Path):  # by a descriptor, for libvips supports only names in UTF-8
        with source.open("rb") as file:
            opened = pyvips.Source.new_from_descriptor(file.fileno())
        return getattr(pyvips.Image, f"{name}_source")(opened, fail_on="error", **options)
    return getattr(pyvips.Image, f"{name}_buffer")(source, fail_on="error", **options)


def from_array(samples: NDArray[Any]) -> pyvips.Image:
    """Make an image of an array ``(h, w)`` or ``(h, w, c)``; it does not copy the samples.

    Raises:
        BlindSRError: the process was forked from one that uses libvips.
    """
    check_not_forked()
    return pyvips.Image.new_from_array(samples)
