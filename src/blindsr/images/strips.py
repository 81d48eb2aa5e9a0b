"""Images larger than memory, read and written a few rows at a time."""

import os
import struct
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import numpy as np
import pyvips
import torch
from isal import isal_zlib
from PIL import Image

from blindsr.errors import BlindSRError, Code
from blindsr.images.codecs import png, tiff, tiff_samples, vips
from blindsr.images.formats import WRITTEN, by_name
from blindsr.images.pages import decode_error
from blindsr.images.picture import Metadata, Picture, Samples, from_samples
from blindsr.images.read import BITS, check_header, decode_samples, only_page, open_image, read_metadata, to_upright_rgb
from blindsr.images.write import format_of_extension, save_by_pillow

SUFFIXES = frozenset(suffix for suffix, row in WRITTEN.items() if row.strips)
"""Extensions of formats that can be written in strips."""
MAX_PIXELS = 2**32
"""Pixel limit for reading in strips: 65536 x 65536."""
_ROWS = 64
"""Number of rows resampled at a time."""


class Strips:
    """Image file that is decoded from top to bottom on demand.

    Files with an EXIF orientation other than 1 are decoded to a temporary file first.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Open a PNG, JPEG, WebP, TIFF, AVIF or GIF file.

        Raises:
            BlindSRError: no such file, not such an image, damaged, more than 2^32 pixels, several pages, samples
                that are neither 8 or 16 bit integers nor floats, or HDR values.
        """
        self.path = Path(path)
        with open_image(self.path) as (file, kind):
            if by_name(kind).reader is not None:
                raise BlindSRError(
                    f"{path} cannot be read in strips; save it as PNG, JPEG or TIFF",
                    Code.UNSUPPORTED_FORMAT,
                )
            page = only_page(self.path, kind)
            which = {"page": page} if page else {}
            try:
                stored = tiff_samples.read_tags(self.path, page) if kind == "tiff" else None
                if stored is not None and stored.rare:
                    raise BlindSRError(
                        f"{path} has colours that cannot be read in strips; save it as RGB", Code.UNSUPPORTED_FORMAT
                    )
                image = vips.load(kind, self.path, access="sequential", **which)
                if image.get_typeof("orientation") and image.get("orientation") != 1:
                    image = vips.load(kind, self.path, **which)
                if stored is not None:
                    image = tiff_samples.colours_and_alpha(image, stored, self.path)
                check_header(image, self.path, MAX_PIXELS)
                self.image = to_upright_rgb(image)
            except pyvips.Error as error:
                raise decode_error(self.path, error) from None
            known = read_metadata(image, file, kind, self.path)
            known = replace(known, notes=(*known.notes, *(stored.notes if stored is not None else ())))
        self.metadata = replace(known, bits=BITS[self.image.format], gray=self.image.bands < 3)
        self._region = pyvips.Region.new(self.image)

    @property
    def height(self) -> int:
        return int(self.image.height)

    @property
    def width(self) -> int:
        return int(self.image.width)

    @property
    def channels(self) -> int:
        """Channels of the file: 1 or 2 for gray, 3 or 4 for colour, even numbers with alpha."""
        return int(self.image.bands)

    def rows(self, top: int, bottom: int, left: int = 0, right: int | None = None) -> Picture:
        """Read a part of the image; parts must be read from top to bottom.

        Raises:
            BlindSRError: the file is corrupt or truncated.
        """
        width = (self.width if right is None else right) - left
        try:
            data = self._region.fetch(left, top, width, bottom - top)
        except pyvips.Error as error:
            raise decode_error(self.path, error) from None
        array = decode_samples(data, self.image, self.path).reshape(bottom - top, width, self.channels)
        picture = from_samples(array, Metadata())
        return replace(picture, metadata=self.metadata)


def resample_strips(path: Path, width: int, height: int, bits: int) -> Iterator[Samples]:
    """Resample an image file bicubically, with antialiasing for reduction.

    Args:
        path: as for `Strips`.
        width: of the result.
        height: of the result.
        bits: bit depth of the result.

    Yields:
        Arrays ``(rows, width, channels)``, from the top down.
    """
    strips = Strips(path)
    scales = width / strips.width, height / strips.height
    # Without the gap, libvips shrinks by whole numbers first, which is faster and blurs
    image = strips.image.resize(scales[0], vscale=scales[1], kernel="cubic", gap=0)
    if image.format == "float":
        image = image.clamp()  # cubic interpolation overshoots
    region = pyvips.Region.new(image)
    for top in range(0, height, _ROWS):
        rows = min(_ROWS, height - top)
        samples = decode_samples(region.fetch(0, top, width, rows), image, path).reshape(rows, width, strips.channels)
        made = from_samples(samples, Metadata())
        yield made.to_array(bits)


class Window:
    """Sliding window of rows of an image; each row is decoded once."""

    def __init__(self, strips: Strips) -> None:
        self._strips = strips
        self._top = self._bottom = 0
        self._held: Picture | None = None

    def rows(self, top: int, bottom: int) -> Picture:
        """Return rows of the image; both ends may only increase."""
        parts = []
        if self._held is not None and top < self._bottom:
            parts.append(_from_row(self._held, top - self._top))
        if bottom > self._bottom:
            parts.append(self._strips.rows(max(top, self._bottom), bottom))
        self._held, self._top, self._bottom = _stacked(parts), top, max(bottom, self._bottom)
        return self._held


def bytes_held(path: Path, width: int, height: int) -> int:
    """Return the bytes needed for writing a result in strips; the JPEG encoder holds the whole image."""
    return 4 * width * height if format_of_extension(path) == "jpeg" else 0


def write_strips(
    strips: Iterator[Samples], shape: tuple[int, ...], metadata: Metadata, path: Path, quality: int = 95
) -> None:
    """Write a PNG, TIFF or JPEG file strip by strip.

    Args:
        strips: arrays ``(rows, w)`` or ``(rows, w, c)`` of uint8, uint16 or float32 (TIFF alone), from the top down.
        shape: shape of the whole image.
        metadata: metadata from `prepare_metadata`; the arrays have its bit depth.
        path: path to write, which is overwritten; pass a temporary one.
        quality: JPEG quality.
    """
    if format_of_extension(path) == "jpeg":
        with tempfile.TemporaryFile(dir=path.parent) as raw:
            for strip in strips:
                raw.write(strip.tobytes())
            raw.flush()
            rows = np.memmap(raw, np.uint8, "r", shape=shape)  # of which little need be in memory at a time
            save_by_pillow(path, Image.fromarray(rows), metadata, "jpeg", quality)
    elif path.suffix.lower() == ".png":
        with path.open("wb") as file, PngStream(file, shape, metadata) as stream:
            for strip in strips:
                stream.write(strip)
    else:
        tiff.write_strips(path, strips, shape, metadata)


class PngStream:
    """Incremental PNG writer: Pillow needs all rows at once, and libvips has no loader of raw pixels from a stream."""

    def __init__(self, file: BinaryIO, shape: tuple[int, ...], metadata: Metadata) -> None:
        height, width, channels = (*shape, 1)[:3]
        self._file, self._bits = file, metadata.bits
        self._above = np.zeros(width * channels * metadata.bits // 8, np.uint8)
        self._packer = isal_zlib.compressobj(1)
        header = struct.pack(">IIBBBBB", width, height, metadata.bits, _COLOUR_TYPE[channels], 0, 0, 0)
        file.write(png.SIGNATURE + png.chunk(b"IHDR", header))
        file.write(b"".join(png.chunk(*one) for one in png.metadata_chunks(metadata)))

    def __enter__(self) -> "PngStream":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if kind is None:
            self._file.write(png.chunk(b"IDAT", self._packer.flush()) + png.chunk(b"IEND", b""))

    def write(self, samples: Samples) -> None:
        """Append rows ``(rows, w)`` or ``(rows, w, c)``."""
        rows = samples.astype(samples.dtype.newbyteorder(">")).reshape(len(samples), -1).view(np.uint8)
        filtered = np.empty((len(rows), 1 + rows.shape[1]), np.uint8)
        filtered[:, 0] = _UP
        filtered[0, 1:] = rows[0] - self._above
        filtered[1:, 1:] = rows[1:] - rows[:-1]
        self._above = rows[-1].copy()
        packed = self._packer.compress(filtered)
        if packed:
            self._file.write(png.chunk(b"IDAT", packed))


_COLOUR_TYPE = {1: 0, 2: 4, 3: 2, 4: 6}
_UP = 2
"""Filter type: the difference from the row above, which compresses photographs as well as the best filter of each row.
"""


def _stacked(parts: list[Picture]) -> Picture:
    if len(parts) == 1:
        return parts[0]
    alphas = [part.alpha for part in parts if part.alpha is not None]
    return replace(
        parts[0],
        pixels=torch.cat([part.pixels for part in parts], 1),
        alpha=torch.cat(alphas, 1) if alphas else None,
    )


def _from_row(picture: Picture, first: int) -> Picture:
    alpha = None if picture.alpha is None else picture.alpha[:, first:]
    return replace(picture, pixels=picture.pixels[:, first:], alpha=alpha)
