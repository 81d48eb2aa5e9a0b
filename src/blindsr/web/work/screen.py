"""Conversion of photographs and results for a browser: upright, sRGB, 8 bits, as thumbnails or tiles."""

from pathlib import Path
from typing import Any

import pyvips

from blindsr import images
from blindsr.errors import BlindSRError, Code
from blindsr.images import Frames, Picture
from blindsr.images.codecs import vips
from blindsr.images.color.gamut import in_srgb
from blindsr.images.pages import decode_error, pages
from blindsr.images.read import open_image
from blindsr.images.strips import Strips

TILE, OVERLAP = 512, 1
PREVIEW = 2048
"""Longest side of the thumbnail that is stored with each photograph."""
_JPEG = "Q=92,subsample_mode=off"
_SHRINKS = (8, 4, 2)
"""Factors that libjpeg can shrink by while it decodes."""


def inspect(path: Path, max_pixels: int) -> dict[str, Any]:
    """Return width, height, format and number of frames of a file, from its header if possible.

    Raises:
        BlindSRError: not an image, corrupt, or more than ``max_pixels`` in all frames together.
    """
    with open_image(path) as (_, kind):
        count = len(pages(path, kind))
    try:
        strips = Strips(path)
    except BlindSRError:
        return {**_size(images.read_file(path, max_pixels=max_pixels)), "format": kind, "frames": count}
    if strips.width * strips.height > max_pixels:
        message = f"{path} has {strips.width}x{strips.height} pixels; at most {max_pixels} are supported"
        raise BlindSRError(message, Code.TOO_LARGE)
    return {"width": strips.width, "height": strips.height, "format": kind, "frames": count}


def _size(content: Picture | Frames) -> dict[str, int]:
    picture = single_picture(content)
    return {"width": picture.width, "height": picture.height}


def single_picture(content: Picture | Frames) -> Picture:
    """Return a picture, or the middle one of several frames."""
    return content if isinstance(content, Picture) else content.picture(len(content) // 2)


def thumbnail(path: Path, folder: Path, name: str, side: int) -> Path:
    """Write a thumbnail of a file, which is decoded completely; PNG with transparency, else JPEG.

    Raises:
        BlindSRError: the file is corrupt.
    """
    try:
        image = to_display(path, side)
        factor = min(1.0, side / max(image.width, image.height))
        small = image.resize(factor) if factor < 1 else image
        target = folder / f"{name}.{'png' if small.hasalpha() else 'jpg'}"
        _save(small, target)
    except pyvips.Error as error:
        raise decode_error(path, error) from None
    return target


def tiles(path: Path, folder: Path) -> dict[str, Any]:
    """Write the deep-zoom tiles of a file to ``folder/LEVEL/COLUMN_ROW.jpg``, or .png with transparency.

    Raises:
        BlindSRError: the file is corrupt, or the disk is full.
    """
    try:
        image = to_display(path)
        kind = "png" if image.hasalpha() else "jpg"
        part = folder.with_name(f"{folder.name}.part")
        suffix = ".png" if kind == "png" else f".jpg[{_JPEG}]"
        image.dzsave(str(part), layout="dz", tile_size=TILE - 2 * OVERLAP, overlap=OVERLAP, suffix=suffix)
    except pyvips.Error as error:
        raise decode_error(path, error) from None
    part.with_name(f"{part.name}.dzi").unlink()
    made = part.with_name(f"{part.name}_files")
    made.rename(folder)
    levels = [int(one.name) for one in folder.iterdir() if one.name.isdecimal()]
    return {
        "width": image.width,
        "height": image.height,
        "tile_size": TILE - 2 * OVERLAP,
        "overlap": OVERLAP,
        "min_level": min(levels),
        "max_level": max(levels),
        "format": kind,
    }


def to_display(path: Path, side: int | None = None) -> pyvips.Image:
    """Convert a file lazily to an 8-bit sRGB image.

    Args:
        path: of an image file.
        side: longest side, if a reduced version is enough.
    """
    with open_image(path) as (_, kind):
        if kind == "jpeg" and side is not None:
            return _eight(_shrunk_jpeg(path, side).autorot())
    try:
        return _eight(Strips(path).image)
    except BlindSRError:
        return vips.from_array(in_srgb(single_picture(images.read_file(path))).to_array(8))


def _shrunk_jpeg(path: Path, side: int) -> pyvips.Image:
    whole = vips.load("jpeg", path)
    shrink = next((one for one in _SHRINKS if max(whole.width, whole.height) >= one * side), 1)
    return vips.load("jpeg", path, shrink=shrink, access="sequential") if shrink > 1 else whole


def _eight(image: pyvips.Image) -> pyvips.Image:
    """Convert gray or RGB of any depth, with or without alpha and profile, to 8-bit sRGB."""
    if image.format == "float":
        image = (image * 255).rint().cast("uchar").copy(interpretation="srgb" if image.bands > 2 else "b-w")
    if image.get_typeof("icc-profile-data"):
        try:
            image = image.icc_transform("srgb", embedded=True, depth=8)
        except pyvips.Error:  # an unusable profile is treated as sRGB, as in the restoration
            image = image.copy()
            image.remove("icc-profile-data")
    return image if image.format == "uchar" else image.colourspace("srgb" if image.bands > 2 else "b-w")


def _save(image: pyvips.Image, target: Path) -> None:
    part = target.with_name(f"part.{target.name}")
    if target.suffix == ".png":
        image.pngsave(str(part), keep="none")
    else:
        image.jpegsave(str(part), Q=90, keep="none")
    part.replace(target)
