"""GIF files by libvips, which chooses their palette better than Pillow."""

from collections.abc import Sequence

import numpy as np
import pyvips

from blindsr.images import vips
from blindsr.images.picture import Samples


def encode(frames: Sequence[Samples], durations: Sequence[int] = (), plays: int = 1) -> bytes:
    """Encode 8-bit frames of one size.

    Args:
        frames: each ``(h, w)`` or ``(h, w, c)``.
        durations: milliseconds that each is shown.
        plays: how often, 0 for ever.
    """
    tall = vips.from_array(np.concatenate(list(frames)))
    tall = tall.copy(interpretation="srgb" if tall.bands > 2 else "b-w")
    tall.set_type(pyvips.GValue.gint_type, "page-height", len(frames[0]))
    if len(frames) > 1:
        tall.set_type(pyvips.GValue.gint_type, "loop", plays)
        tall.set_type(pyvips.GValue.array_int_type, "delay", list(durations))
    return bytes(tall.gifsave_buffer(keep_duplicate_frames=True))
