"""Photographs and results as a browser shows them: upright, sRGB, 8 bits, small or in tiles."""

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
"""Longest side that is kept of each photograph to show it whole."""
_JPEG = "Q=92,subsample_mode=off"
_SHRINKS = (8, 4, 2)
"""Factors that libjpeg can shrink by while it decodes."""


def inspect(path: Path, max_pixels: int) -> dict[str, Any]:
    """Width, height, format and number of frames of a file, from its header where that can be told.

    Raises:
        BlindSRError: no image, more than ``max_pixels`` in all frames together, or a damaged one.
    """
    with open_image(path) as (_, kind):
        count = len(pages(path, kind))
    try:
        strips = Strips(path)
    except BlindSRError:
        return {**_size(images.read_file(path, max_pixels=max_pixels)), "format": kind, "frames": count}
    if strips.width * strips.height > max_pixels:
        told = f"{path} has {strips.width}x{strips.height} pixels; at most {max_pixels} are supported"
        raise BlindSRError(told, Code.TOO_LARGE)
    return {"width": strips.width, "height": strips.height, "format": kind, "frames": count}


def _size(content: Picture | Frames) -> dict[str, int]:
    picture = first(content)
    return {"width": picture.width, "height": picture.height}


def first(content: Picture | Frames) -> Picture:
    """A picture, or the one in the middle of several."""
    return content if isinstance(content, Picture) else content.picture(len(content) // 2)


def thumbnail(path: Path, folder: Path, name: str, side: int) -> Path:
    """Write a small version of a file, whose whole is decoded for it; transparent ones are PNG, others JPEG.

    Raises:
        BlindSRError: a damaged file.
    """
    try:
        image = shown(path, side)
        factor = min(1.0, side / max(image.width, image.height))
        small = image.resize(factor) if factor < 1 else image
        target = folder / f"{name}.{'png' if small.hasalpha() else 'jpg'}"
        _save(small, target)
    except pyvips.Error as error:
        raise decode_error(path, error) from None
    return target


def tiles(path: Path, folder: Path) -> dict[str, Any]:
    """Write the deep-zoom tiles of a file to ``folder/LEVEL/COLUMN_ROW.jpg``, or .png where it is transparent.

    Raises:
        BlindSRError: a damaged file, or a full disk.
    """
    try:
        image = shown(path)
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


def shown(path: Path, side: int | None = None) -> pyvips.Image:
    """A file as an image of 8 bits for a screen, decoded as it is asked for.

    Args:
        path: of a file that `images.load` reads, or `Strips` does.
        side: longest side that is wanted, if a small version is enough.
    """
    with open_image(path) as (_, kind):
        if kind == "jpeg" and side is not None:
            return _eight(_shrunk_jpeg(path, side).autorot())
    try:
        return _eight(Strips(path).image)
    except BlindSRError:
        return vips.from_array(in_srgb(first(images.read_file(path))).to_array(8))


def _shrunk_jpeg(path: Path, side: int) -> pyvips.Image:
    whole = vips.load("jpeg", path)
    shrink = next((one for one in _SHRINKS if max(whole.width, whole.height) >= one * side), 1)
    return vips.load("jpeg", path, shrink=shrink, access="sequential") if shrink > 1 else whole


def _eight(image: pyvips.Image) -> pyvips.Image:
    """Gray or RGB of any depth, with or without alpha and a profile, as sRGB of 8 bits."""
    if image.format == "float":
        image = (image * 255).rint().cast("uchar").copy(interpretation="srgb" if image.bands > 2 else "b-w")
    if image.get_typeof("icc-profile-data"):
        try:
            image = image.icc_transform("srgb", embedded=True, depth=8)
        except pyvips.Error:  # a profile that cannot be used is taken for sRGB, as where the image is restored
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
