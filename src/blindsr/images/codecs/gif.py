"""GIF files by libvips, which chooses their palette better than Pillow."""

import os
from collections.abc import Sequence
from typing import BinaryIO

import numpy as np
import pyvips

from blindsr.images.codecs import vips
from blindsr.images.picture import Samples


def is_truncated(file: BinaryIO) -> bool:
    """Whether a file ends inside a block, which decoders ignore; the end of the last block may be missing."""
    end = file.seek(0, os.SEEK_END)
    file.seek(10)
    file.seek(13 + _table(file.read(1)))
    while True:
        kind = file.read(1)
        if kind == b"!":
            file.seek(1, os.SEEK_CUR)
        elif kind == b",":
            file.seek(8, os.SEEK_CUR)
            file.seek(_table(file.read(1)) + 1, os.SEEK_CUR)
        else:  # the end, or what decoders have to judge
            return not kind and file.tell() > end
        while size := file.read(1):
            if size == b"\0":
                break
            file.seek(size[0], os.SEEK_CUR)
        else:
            return True


def _table(flags: bytes) -> int:
    """Return the size in bytes of the colour table that flags declare."""
    return 3 << (flags[0] & 7) + 1 if flags and flags[0] & 0x80 else 0


def encode(frames: Sequence[Samples], durations: Sequence[int] = (), plays: int = 1) -> bytes:
    """Encode 8-bit frames of one size.

    Args:
        frames: each ``(h, w)`` or ``(h, w, c)``.
        durations: duration of each frame, milliseconds.
        plays: number of repetitions; 0 for infinite.
    """
    tall = vips.from_array(np.concatenate(list(frames)))
    tall = tall.copy(interpretation="srgb" if tall.bands > 2 else "b-w")
    tall.set_type(pyvips.GValue.gint_type, "page-height", len(frames[0]))
    if len(frames) > 1:
        tall.set_type(pyvips.GValue.gint_type, "loop", plays)
        tall.set_type(pyvips.GValue.array_int_type, "delay", list(durations))
    return bytes(tall.gifsave_buffer(keep_duplicate_frames=True))
