"""Restoration of images larger than memory, in rows of tiles under one condition."""

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
"""Bits of samples before the final resampling."""


@dataclass(frozen=True)
class _Manner:
    """How each tile is restored."""

    condition: Any
    strength: float
    bits: int
    tile: int
    opaque: bool
    """Whether what is transparent is put on white."""


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

    The result is that of `Upscaler.upscale`, but for two things: an image of which even the input does not fit is
    analysed only in its middle, and where an image is fully transparent, its hidden colour may be continued
    differently.

    Args:
        upscaler: what restores; its tiles are made smaller where they would not fit.
        source: file to read.
        target: file to write; it is there whole or not at all.
        hints: known properties of the degradation.
        max_memory: bytes that the process is to stay under.
        condition: known condition; estimated if not given.
        size: of the result; the result of the network is kept in a temporary file while it is resampled.
        strength: 0 is the bicubic enlargement, 1 the network's result.
        bits: depth of the result; that of the image, if the file can hold it, if not given.
        quality: of a JPEG file.
        overwrite: replace a target that is there when the work is done.
        watch: progress and cancellation.

    Returns:
        The condition that the image was restored under.

    Raises:
        BlindSRError: a file that cannot be read in strips, or a place that cannot be written so.
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
    wanted = size.of(strips.width, strips.height, upscaler.scale)
    check_sides(target, *wanted)
    metadata = prepare_metadata(metadata, target, *wanted)
    opaque = not WRITTEN[target.suffix.lower()].alpha
    channels = strips.channels - 1 if opaque and strips.channels % 2 == 0 else strips.channels
    tile = memory.strip_tile(upscaler, strips.width, max_memory)
    try:
        with atomic_write(target, overwrite=overwrite) as part:
            if wanted == made:
                rows = _restored(upscaler, strips, _Manner(condition, strength, metadata.bits, tile, opaque), watch)
                write_strips(rows, _shape(made, channels), metadata, part, quality)
            else:
                between, deep = part.with_name("made.tif"), Metadata(bits=_BETWEEN, gray=strips.metadata.gray)
                rows = _restored(upscaler, strips, _Manner(condition, strength, _BETWEEN, tile, opaque), watch)
                write_strips(rows, _shape(made, channels), deep, between)
                again = resample_strips(between, *wanted, metadata.bits)
                write_strips(again, _shape(wanted, channels), metadata, part, quality)
            verify(part, format_of_extension(target), [wanted])
    except ImplausibleError as error:  # rows that are written already would not be those of the spare model
        spare = upscaler.fallback_for(error, watch)
        options = {"size": size, "strength": strength, "bits": bits, "quality": quality}
        options |= {"overwrite": overwrite, "watch": watch}
        restore_in_strips(spare, source, target, max_memory=max_memory, **options)  # type: ignore[arg-type]
    return condition


def _shape(size: tuple[int, int], channels: int) -> tuple[int, ...]:
    """Shape of an array of samples of a width and height."""
    width, height = size
    return (height, width) if channels == 1 else (height, width, channels)


def estimate_condition(upscaler: Upscaler, source: Path, hints: Hints, max_memory: int) -> Any:
    """Estimate the condition of a file, from its middle if the whole does not fit in memory."""
    strips = Strips(source)
    width, height = strips.width, strips.height
    most = memory.largest_analysed(max_memory)
    if width * height > most:
        side = memory.side_of(most)
        width, height = min(width, max(side, most // height)), min(height, max(side, most // width))
    top, left = (strips.height - height) // 2, (strips.width - width) // 2
    return upscaler.estimate_condition(strips.rows(top, top + height, left, left + width), hints)


def _restored(upscaler: Upscaler, strips: Strips, manner: _Manner, watch: Watch) -> Rows:
    """The result from the top to the bottom, a row of tiles at a time."""
    window, margin, side = Window(strips), upscaler.context, manner.tile
    for top in range(0, strips.height, side):
        bottom = min(strips.height, top + side)
        first = max(0, top - margin)
        piece = window.rows(first, min(strips.height, bottom + margin))
        yield np.concatenate(list(_row(upscaler, piece, manner, (top - first, bottom - top))), axis=1)
        watch(bottom / strips.height)


def _row(upscaler: Upscaler, piece: Picture, manner: _Manner, rows: tuple[int, int]) -> Rows:
    """Restore a row of tiles from left to right; ``rows`` is where it begins in its context, and its height."""
    top, height = rows
    for left in range(0, piece.width, manner.tile):
        region = (left, top, min(manner.tile, piece.width - left), height)
        part = upscaler.preview(
            piece, manner.condition, region, strength=manner.strength, tile=manner.tile, strict=True
        )
        yield (on_white(part) if manner.opaque else part).to_array(manner.bits)
