"""Restoration of animations and files of several pages."""

from collections.abc import Iterator
from typing import Any

from blindsr.analysis.native import NativeOption, resolve_native, shrink
from blindsr.contract import Hints
from blindsr.errors import BlindSRError, Code
from blindsr.images import Frames, Picture
from blindsr.inference.faithful import ImplausibleError
from blindsr.inference.progress import Watch
from blindsr.inference.size import Size
from blindsr.inference.upscaler import Upscaler
from blindsr.pipeline import memory


def restore_frames(
    upscaler: Upscaler,
    frames: Frames,
    hints: Hints = Hints(),
    *,
    condition: Any = None,
    size: Size = Size(),
    strength: float = 1.0,
    bits: int | None = None,
    native: NativeOption = 1.0,
    tile: int | None = None,
    watch: Watch = Watch(),
) -> Frames:
    """Restore all pictures of a file.

    The condition of an animation is estimated from its middle frame alone, so that it does not flicker; pages are
    independent, and each has a condition of its own.

    Args:
        upscaler: the upscaler.
        frames: the pictures.
        hints: known properties of the degradation.
        condition: known condition.
        size: size of each result, as for `Upscaler.upscale`.
        strength: 0 is the bicubic enlargement, 1 the network's result.
        bits: bit depth of the result; that of the frames if not given.
        native: fraction of the side that pictures are reduced to before restoration; ``auto`` uses the first picture.
        tile: as for `Upscaler.upscale`.
        watch: as for `Upscaler.upscale`, for all pictures together.

    Raises:
        BlindSRError: as `Upscaler.upscale`.
    """
    fraction = resolve_native(native, frames.picture(0).pixels)
    if condition is None and frames.durations:
        condition = upscaler.estimate_condition(shrink(middle_frame(frames), fraction), hints)

    def results() -> Iterator[Picture]:
        for number, picture in enumerate(frames.pictures()):
            wanted = size if fraction == 1 else Size(exact=size.resolve(picture.width, picture.height, upscaler.scale))
            small = shrink(picture, fraction)
            known = upscaler.estimate_condition(small, hints) if condition is None else condition
            yield upscaler.enlarge(
                small,
                known,
                size=wanted,
                strength=strength,
                tile=tile,
                strict=bool(frames.durations),
                watch=watch.part(number, len(frames)),
            )

    try:
        return frames.with_pictures(results(), bits)
    except ImplausibleError as error:  # one model for all frames, so that they do not flicker
        spare = upscaler.fallback_for(error, watch)
        how: dict[str, Any] = {"size": size, "strength": strength, "bits": bits, "native": native}
        return restore_frames(spare, frames, tile=tile, watch=watch, **how)


def middle_frame(frames: Frames) -> Picture:
    """Return the picture in the middle."""
    return frames.picture(len(frames) // 2)


def fitting_tile(upscaler: Upscaler, frames: Frames, limit: int) -> int:
    """Return the side of the largest tiles that fit in memory next to the samples of all results.

    Raises:
        BlindSRError: not even the smallest tiles fit into ``limit`` bytes.
    """
    height, width, *_ = max((one.shape for one in frames.samples), key=lambda shape: shape[0] * shape[1])
    samples = sum(one.nbytes for one in frames.samples) * (1 + upscaler.scale**2)
    total = samples + memory.bytes_needed(upscaler, width, height, upscaler.scale)
    if total > limit:
        raise BlindSRError(
            f"{len(frames)} frames take {total / 1e9:.1f} GB, more than the {limit / 1e9:.1f} GB allowed; "
            "split the file, or allow more with --max-memory",
            Code.OUT_OF_MEMORY,
        )
    room = limit - samples - memory.bytes_for_whole(width * height, upscaler.scale)
    return memory.fitting_tile(upscaler, width, height, room)
