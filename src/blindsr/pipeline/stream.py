"""Restoration of images larger than memory, in rows of tiles with one condition."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from blindsr.contract import Hints
from blindsr.errors import BlindSRError, Code
from blindsr.files import atomic_write
from blindsr.images import Metadata, Picture, check_output, check_sides, stored_depth
from blindsr.images.formats import WRITTEN
from blindsr.images.picture import Samples
from blindsr.images.strips import SUFFIXES, Strips, Window, resample_strips, write_strips
from blindsr.images.verify import verify
from blindsr.images.write import format_of_extension, on_white, prepare_metadata
from blindsr.inference.faithful import ImplausibleError
from blindsr.inference.progress import Watch
from blindsr.inference.size import Size
from blindsr.inference.upscaler import Upscaler
from blindsr.pipeline import memory

Rows = Iterator[Samples]
_BETWEEN = 16
"""Bit depth before the final resampling."""


@dataclass(frozen=True)
class _TileSettings:
    """Settings for restoring tiles."""

    condition: Any
    strength: float
    bits: int
    tile: int
    opaque: bool
    """Whether transparent parts are composited on white."""


def restore_in_strips(
    upscaler: Upscaler,
    source: Path,
    target: Path,
    hints: Hints = Hints(),
    *,
    max_memory: int,
    condition: Any = None,
    size: Size = Size(),
    strength: float = 1.0,
    bits: int | None = None,
    quality: int = 95,
    overwrite: bool = True,
    watch: Watch = Watch(),
) -> Any:
    """Restore a file to a PNG, TIFF or JPEG file in strips.

    The result equals that of `Upscaler.upscale` with three exceptions: if not even the input fits in memory, the
    condition is estimated from its central part; the colour of fully transparent pixels may differ, and with it that of
    the edges next to them; and a result of another size is resampled by libvips, alpha after its enlargement by the
    scale, so that values differ by a few of 255, and alpha by more where it changes abruptly.

    Args:
        upscaler: the upscaler; tiles are made smaller if they do not fit.
        source: file to read.
        target: file to write, atomically.
        hints: known properties of the degradation.
        max_memory: memory limit of the process, bytes.
        condition: known condition; estimated if not given.
        size: size of the result; resampling uses a temporary file.
        strength: 0 is the bicubic enlargement, 1 the network's result.
        bits: bit depth of the result; by default that of the image if the format supports it.
        quality: JPEG quality.
        overwrite: replace an existing target.
        watch: progress and cancellation.

    Returns:
        The condition of the image.

    Raises:
        BlindSRError: the file cannot be read in strips, or the target cannot be written in strips.
        OSError: the disk is full.
    """
    check_output(target, bits)
    if target.suffix.lower() not in SUFFIXES:
        raise BlindSRError(
            f"a result larger than memory can be written to PNG, TIFF or JPEG only, not to {target.suffix}",
            Code.CANNOT_WRITE,
        )
    strips = Strips(source)
    condition = estimate_condition(upscaler, source, hints, max_memory) if condition is None else condition
    metadata = replace(strips.metadata, bits=bits or stored_depth(target, strips.metadata.bits))
    made = upscaler.scale * strips.width, upscaler.scale * strips.height
    wanted = size.resolve(strips.width, strips.height, upscaler.scale)
    check_sides(target, *wanted)
    metadata = prepare_metadata(metadata, target, *wanted)
    opaque = not WRITTEN[target.suffix.lower()].alpha
    channels = strips.channels - 1 if opaque and strips.channels % 2 == 0 else strips.channels
    tile = memory.strip_tile(upscaler, strips.width, max_memory)
    try:
        with atomic_write(target, overwrite=overwrite) as part:
            if wanted == made:
                rows = _restored(
                    upscaler, strips, _TileSettings(condition, strength, metadata.bits, tile, opaque), watch
                )
                write_strips(rows, _shape(made, channels), metadata, part, quality)
            else:
                between, deep = part.with_name("made.tif"), Metadata(bits=_BETWEEN, gray=strips.metadata.gray)
                rows = _restored(upscaler, strips, _TileSettings(condition, strength, _BETWEEN, tile, opaque), watch)
                write_strips(rows, _shape(made, channels), deep, between)
                again = resample_strips(between, *wanted, metadata.bits)
                write_strips(again, _shape(wanted, channels), metadata, part, quality)
            verify(part, format_of_extension(target), [wanted])
    except ImplausibleError as error:  # the rows already written would be those of another model
        spare = upscaler.fallback_for(error, watch)
        options = {"size": size, "strength": strength, "bits": bits, "quality": quality}
        options |= {"overwrite": overwrite, "watch": watch}
        restore_in_strips(spare, source, target, max_memory=max_memory, **options)  # type: ignore[arg-type]
    return condition


def _shape(size: tuple[int, int], channels: int) -> tuple[int, ...]:
    """Return the shape of an array of samples for a width and height."""
    width, height = size
    return (height, width) if channels == 1 else (height, width, channels)


def estimate_condition(upscaler: Upscaler, source: Path, hints: Hints, max_memory: int) -> Any:
    """Estimate the condition of a file, from its central part if the whole does not fit in memory."""
    strips = Strips(source)
    width, height = strips.width, strips.height
    most = memory.largest_analysed(max_memory)
    if width * height > most:
        side = memory.side_of(most)
        width, height = min(width, max(side, most // height)), min(height, max(side, most // width))
    top, left = (strips.height - height) // 2, (strips.width - width) // 2
    return upscaler.estimate_condition(strips.rows(top, top + height, left, left + width), hints)


def _restored(upscaler: Upscaler, strips: Strips, settings: _TileSettings, watch: Watch) -> Rows:
    """Yield the result from top to bottom, one row of tiles at a time."""
    window, margin, side = Window(strips), upscaler.context, settings.tile
    for top in range(0, strips.height, side):
        bottom = min(strips.height, top + side)
        first = max(0, top - margin)
        piece = window.rows(first, min(strips.height, bottom + margin))
        yield np.concatenate(list(_row(upscaler, piece, settings, (top - first, bottom - top))), axis=1)
        watch(bottom / strips.height)


def _row(upscaler: Upscaler, piece: Picture, settings: _TileSettings, rows: tuple[int, int]) -> Rows:
    """Restore a row of tiles from left to right; ``rows`` is its offset within its context, and its height."""
    top, height = rows
    for left in range(0, piece.width, settings.tile):
        region = (left, top, min(settings.tile, piece.width - left), height)
        part = upscaler.preview(
            piece, settings.condition, region, strength=settings.strength, tile=settings.tile, strict=True
        )
        yield (on_white(part) if settings.opaque else part).to_array(settings.bits)
