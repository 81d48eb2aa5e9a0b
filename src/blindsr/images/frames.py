"""Files of several pictures: animated GIF, PNG and WebP, and TIFF with several pages."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from PIL import Image, ImageSequence

from blindsr.errors import BlindSRError, Code
from blindsr.images import exif
from blindsr.images.codecs import gif, tiff, vips
from blindsr.images.codecs.header import any_size
from blindsr.images.color.codepoints import add_profile
from blindsr.images.color.gamut import has_gray_profile, in_srgb, without_gray_profile
from blindsr.images.formats import WRITTEN
from blindsr.images.pages import MALFORMED, decode_error, has_hidden_still, pages
from blindsr.images.picture import Format, Metadata, Picture, Samples, apply_orientation, from_samples
from blindsr.images.read import HEAD, MAX_PIXELS, detect_format, open_image, read_metadata, read_page
from blindsr.images.write import (
    check_output,
    check_quality,
    check_sides,
    open_for_pillow,
    prepare_metadata,
    write_bytes,
    write_file,
)

SUFFIXES = frozenset(suffix for suffix, row in WRITTEN.items() if row.frames)
"""Extensions of formats for several pictures."""
_PAGES = frozenset({".tif", ".tiff"})
_HASTE, _CALM = 10, 100
"""Durations up to the first value are treated as the second by viewers, milliseconds."""


@dataclass(frozen=True)
class Frames:
    """Frames of an animation or pages of a file, stored as samples to save memory."""

    samples: Sequence[Samples]
    """Arrays ``(h, w)`` or ``(h, w, c)``; frames of an animation have equal sizes."""
    metadata: Metadata = field(default_factory=Metadata)
    durations: tuple[int, ...] = ()
    """Milliseconds that each frame is shown; empty for pages."""
    plays: int = 0
    """Number of repetitions, 0 for infinite."""

    def __len__(self) -> int:
        return len(self.samples)

    def pictures(self) -> Iterator[Picture]:
        """Pictures in order."""
        return (self.picture(number) for number in range(len(self)))

    def picture(self, number: int) -> Picture:
        """Picture of an index, counted from 0."""
        picture = from_samples(self.samples[number], Metadata())
        return replace(picture, metadata=replace(self.metadata, gray=picture.metadata.gray))

    def with_pictures(self, pictures: Iterator[Picture], bits: int | None = None) -> "Frames":
        """Replace the pictures and keep everything else."""
        bits = bits or self.metadata.bits
        return replace(
            self, samples=[one.to_array(bits) for one in pictures], metadata=replace(self.metadata, bits=bits)
        )


def read_file(path: str | os.PathLike[str], *, max_pixels: int = MAX_PIXELS) -> Picture | Frames:
    """Read a file: a picture, or frames if there are several.

    Raises:
        BlindSRError: as for `read`; ``max_pixels`` applies to the sum of all frames.
    """
    path = Path(path)
    with open_image(path) as (file, kind):
        found = pages(path, kind)
        if len(found) == 1:
            return read_page(file, path, kind, max_pixels, found[0])
        try:
            if kind == "tiff":
                return _read_pages(file, path, found, max_pixels)
            return _animation(file, path, max_pixels, kind)
        except MALFORMED as error:
            raise decode_error(path, error) from None


def is_animated(path: Path) -> bool:
    """Whether a file has several frames; False if unknown."""
    try:
        with path.open("rb") as file:
            kind = detect_format(file.read(HEAD))
    except OSError:
        return False
    return kind is not None and len(pages(path, kind)) > 1


def write_frames(
    frames: Frames,
    path: str | os.PathLike[str],
    *,
    quality: int = 95,
    bits: int | None = None,
    overwrite: bool = True,
) -> None:
    """Write an animation to a GIF, PNG or WebP file, pages to a TIFF file.

    Args:
        frames: the frames; animations may be written as pages and vice versa.
        path: path of the file; an existing file is replaced atomically.
        quality: quality of WebP, 1 to 100.
        bits: bit depth (TIFF only); unchanged by default.
        overwrite: replace an existing file, including one that appears in the meantime.

    Raises:
        BlindSRError: unsupported extension, or as for `write`.
    """
    path = Path(path)
    check_frames(path, frames, bits)
    check_quality(quality)
    for one in frames.samples:
        check_sides(path, one.shape[1], one.shape[0])
    height, width = frames.samples[0].shape[:2]
    metadata = prepare_metadata(frames.metadata, path, width, height)
    if path.suffix.lower() in _PAGES:
        made = frames if bits is None else frames.with_pictures(frames.pictures(), bits)
        encode: Callable[[Path], None] = partial(tiff.write, pages=made.samples, metadata=metadata)
    elif path.suffix.lower() == ".gif":
        frames = frames.with_pictures(map(in_srgb, frames.pictures()))
        encode = partial(_write_gif, frames=frames)
    else:
        if has_gray_profile(metadata):
            frames = frames.with_pictures(map(without_gray_profile, frames.pictures()))
            metadata = replace(metadata, icc=None)
        encode = partial(_write_by_pillow, frames=frames, metadata=metadata, quality=quality)
    sides = [(one.shape[1], one.shape[0]) for one in frames.samples]
    write_file(path, encode, sides, overwrite=overwrite)


def check_frames(path: Path, frames: Frames, bits: int | None = None) -> None:
    """Check that several pictures can be written to a path.

    Raises:
        BlindSRError: the format supports one picture only, or equal sizes only.
    """
    check_output(path, bits)
    if path.suffix.lower() not in SUFFIXES:
        raise BlindSRError(
            f"cannot write {len(frames)} frames to {path}: use GIF, PNG, WebP or TIFF", Code.CANNOT_WRITE
        )
    if path.suffix.lower() not in _PAGES and len({one.shape[:2] for one in frames.samples}) > 1:
        raise BlindSRError(f"cannot write pages of different sizes to {path}: use TIFF", Code.CANNOT_WRITE)


def _read_pages(file: BinaryIO, path: Path, numbers: list[int], max_pixels: int) -> Frames:
    found: list[Picture] = []
    for number in numbers:
        found.append(read_page(file, path, "tiff", max_pixels, number))
        max_pixels -= found[-1].width * found[-1].height
    bits = max(picture.metadata.bits for picture in found)
    return Frames([picture.to_array(bits) for picture in found], replace(found[0].metadata, bits=bits))


def _animation(file: BinaryIO, path: Path, max_pixels: int, kind: Format) -> Frames:
    """Decode an animation: with libvips, which keeps the alpha of WebP; PNG and AVIF with Pillow."""
    found = (
        _by_pillow(file, path, max_pixels, kind)
        if kind in ("png", "avif")
        else _by_libvips(file, path, max_pixels, kind)
    )
    opaque = all(one.shape[2] < 4 or (one[..., 3] == 255).all() for one in found.samples)
    samples = [np.ascontiguousarray(one[..., :3]) for one in found.samples] if opaque else found.samples
    return replace(found, samples=samples, metadata=replace(found.metadata, gray=samples[0].shape[2] < 3))


def _by_libvips(file: BinaryIO, path: Path, max_pixels: int, kind: Format) -> Frames:
    tall = vips.load(kind, path, n=-1)
    height = tall.get("page-height")
    _check_size(path, (tall.width, height, tall.height // height), max_pixels)
    samples = tall.numpy().reshape(-1, height, tall.width, tall.bands)
    orientation = tall.get("orientation") if tall.get_typeof("orientation") else 1
    upright = [apply_orientation(one, orientation) for one in samples]
    durations = tuple(_shown(value) for value in tall.get("delay"))
    return Frames(upright, read_metadata(tall, file, kind, path), durations, tall.get("loop"))


def _by_pillow(file: BinaryIO, path: Path, max_pixels: int, kind: Format) -> Frames:
    file.seek(0)
    with any_size(), Image.open(file, formats=[kind]) as image:
        _check_size(path, (image.width, image.height, int(getattr(image, "n_frames", 1))), max_pixels)
        plays, orientation = int(image.info.get("loop", 0)), image.getexif().get(exif.ORIENTATION, 1)
        samples, durations = [], []
        for number, frame in enumerate(ImageSequence.Iterator(image)):
            if number == 0 and has_hidden_still(image):
                continue
            samples.append(apply_orientation(np.asarray(frame.convert("RGBA")), orientation))
            durations.append(_shown(frame.info.get("duration", 0)))
        metadata = add_profile(Picture.from_array(image).metadata, file, path, gray=False)
    return Frames(samples, metadata, tuple(durations), plays)


def _check_size(path: Path, size: tuple[int, int, int], max_pixels: int) -> None:
    width, height, count = size
    if width * height * count > max_pixels:
        raise BlindSRError(
            f"{path} has {count} frames of {width}x{height} pixels; at most {max_pixels} are supported", Code.TOO_LARGE
        )


def _shown(duration: float) -> int:
    return round(duration) if duration > _HASTE else _CALM


def _write_gif(path: Path, frames: Frames) -> None:
    write_bytes(path, gif.encode(_alike(frames.samples), _durations(frames), frames.plays))


def _write_by_pillow(path: Path, frames: Frames, metadata: Metadata, quality: int) -> None:
    first, *others = map(Image.fromarray, _alike(frames.samples))
    options: dict[str, Any] = {"icc_profile": metadata.icc, "exif": metadata.exif and exif.PREFIX + metadata.exif}
    if path.suffix.lower() == ".webp":
        options["xmp"] = metadata.xmp
    with open_for_pillow(path) as file:
        first.save(
            file,
            format=path.suffix[1:],
            save_all=True,
            append_images=others,
            duration=_durations(frames),
            loop=frames.plays,
            quality=quality,
            **{name: value for name, value in options.items() if value},
        )


def _durations(frames: Frames) -> list[int]:
    return list(frames.durations) or [1000] * len(frames)


def _alike(frames: Sequence[Samples]) -> list[Samples]:
    """Convert frames to 8-bit RGB, or RGBA if any frame has alpha."""
    eight = [_eight(one) for one in frames]
    if all(one.shape[2] == 3 for one in eight):
        return eight
    return [np.dstack([one[..., :3], one[..., 3] if one.shape[2] == 4 else _opaque(one)]) for one in eight]


def _opaque(samples: Samples) -> Samples:
    return np.full(samples.shape[:2], 255, np.uint8)


def _eight(samples: Samples) -> Samples:
    """Convert samples to 8-bit RGB or RGBA."""
    picture = from_samples(samples, Metadata())
    return replace(picture, metadata=Metadata(gray=False)).to_array(8)
