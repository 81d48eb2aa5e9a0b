"""Access to libvips; all of its images are opened here."""

from mmap import mmap
from pathlib import Path
from typing import Any

import pyvips
from numpy.typing import NDArray

from blindsr.forks import check_not_forked
from blindsr.images.picture import Format

pyvips.cache_set_max(0)  # its cache of operations would keep files open
_LOADERS = {"avif": "heif"}
"""Names of formats in libvips, if they differ."""


def _text(pointer: Any) -> str:
    """Decode a message of libvips; some contain bytes of a file that are not UTF-8, which pyvips would reject."""
    if pointer == pyvips.ffi.NULL:
        return ""
    return bytes(pyvips.ffi.string(pointer)).decode("utf-8", "replace")


pyvips._to_string = pyvips.error._to_string = _text  # by which it reads warnings and errors


def load(kind: Format, source: bytes | mmap | Path, **options: Any) -> pyvips.Image:
    """Open an image; only its header is decoded.

    Args:
        kind: format of the file.
        source: content of the file, or its path, of which only the required parts are read.
        options: options of the loader in libvips.

    Raises:
        BlindSRError: the process was forked from one that uses libvips.
        pyvips.Error: the file is corrupt, truncated, or has another format.
    """
    check_not_forked()
    name = f"{_LOADERS.get(kind, kind)}load"
    if isinstance(source, Path):  # by a descriptor, for libvips supports only names in UTF-8
        with source.open("rb") as file:
            opened = pyvips.Source.new_from_descriptor(file.fileno())
        return getattr(pyvips.Image, f"{name}_source")(opened, fail_on="error", **options)
    return getattr(pyvips.Image, f"{name}_buffer")(source, fail_on="error", **options)


def from_array(samples: NDArray[Any]) -> pyvips.Image:
    """Create an image from an array ``(h, w)`` or ``(h, w, c)``, without copying the samples.

    Raises:
        BlindSRError: the process was forked from one that uses libvips.
    """
    check_not_forked()
    return pyvips.Image.new_from_array(samples)
