"""Files that something has damaged: they are read, or refused in one sentence, and nothing else happens."""

import io
import random
import time
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pillow_heif
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from blindsr.errors import BlindSRError
from blindsr.images import Frames, Picture, read_file, write, write_frames
from blindsr.images.codecs.jpeg import jpeg_quality
from blindsr.images.color import profile
from blindsr.images.strips import Strips

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")  # as the command line does

Found = TypeVar("Found")
LIMIT = 2**20
SLOWEST = 20.0
"""Seconds of the processor that a file of some kilobytes may take, whatever else the machine does."""
XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" hdrgm:Version="1.0"/></rdf:RDF></x:xmpmeta>'
)


def _image() -> Image.Image:
    smooth = np.add.outer(np.arange(24), np.arange(32)).astype(np.uint8)[..., None].repeat(3, 2) * np.uint8(4)
    return Image.fromarray(smooth)


def _exif() -> bytes:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Maker"
    exif.get_ifd(0x8769)[0x9003] = "2020:01:02 03:04:05"
    return exif.tobytes()


def _still(kind: str, mode: str = "RGB", **options: Any) -> bytes:
    buffer = io.BytesIO()
    _image().convert(mode).save(buffer, kind, **options)
    return buffer.getvalue()


def _described(kind: str) -> bytes:
    return _still(kind, exif=_exif(), icc_profile=profile.make_profile(12, 13), xmp=XMP)


def _tiff(**options: Any) -> bytes:
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, **options)
    return buffer.getvalue()


def _lab(photometric: int) -> bytes:
    lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    samples = np.asarray(ImageCms.profileToProfile(_image(), srgb, lab, outputMode="LAB"))
    return _tiff(data=samples, photometric=photometric, metadata=None)


def _four_channels() -> bytes:
    samples = np.dstack([np.asarray(_image()), np.asarray(_image())[..., 0]])
    return _tiff(data=samples, photometric="rgb", extrasamples=["unspecified"], metadata=None)


def _animation(kind: str) -> bytes:
    frames = [_image().rotate(90 * turn) for turn in range(3)]
    buffer = io.BytesIO()
    frames[0].save(buffer, kind, save_all=True, append_images=frames[1:], duration=50)
    return buffer.getvalue()


def _heic() -> bytes:
    buffer = io.BytesIO()
    pillow_heif.from_pillow(_image()).save(buffer, exif=_exif(), color_primaries=12, save_nclx_profile=True)
    return buffer.getvalue()


MAKERS: dict[str, Callable[[], bytes]] = {
    "png": partial(_described, "png"),
    "jpeg": partial(_described, "jpeg"),
    "webp": partial(_described, "webp"),
    "avif": partial(_described, "avif"),
    "tiff": partial(_still, "tiff", exif=_exif()),
    "lzw.tiff": partial(_still, "tiff", compression="tiff_lzw"),
    "heic": _heic,
    "bmp": partial(_still, "bmp"),
    "ppm": partial(_still, "ppm"),
    "gif": partial(_still, "gif"),
    "deep.ppm": lambda: b"P6 32 24 1023\n" + bytes(32 * 24 * 6),
    "text.ppm": lambda: b"P3 # a comment\n8 4 1023\n" + b"7 1023 0 " * 32,
    "palette.png": partial(_still, "png", "P"),
    "cmyk.jpeg": partial(_still, "jpeg", "CMYK"),
    "ycbcr.tiff": partial(_still, "tiff", "YCbCr"),
    "lab.tiff": partial(_lab, 8),
    "icclab.tiff": partial(_lab, 9),
    "extra.tiff": _four_channels,
    "pages.tiff": partial(_animation, "tiff"),
    "moving.gif": partial(_animation, "gif"),
    "moving.png": partial(_animation, "png"),
    "moving.webp": partial(_animation, "webp"),
}


@cache
def whole(kind: str) -> bytes:
    return MAKERS[kind]()


def _mutated(data: bytes, steps: list[tuple[str, int, int]]) -> bytes:
    """Flip bits, cut, repeat, blank and overwrite; most places are in the headers, where they matter most."""
    damaged = bytearray(data)
    for how, where, what in steps:
        if not damaged:
            break
        at = where % (min(len(damaged), 300) if what % 3 else len(damaged))
        if how == "flip":
            damaged[at] ^= 1 << what % 8
        elif how == "cut":
            del damaged[at : at + 1 + what % 40]
        elif how == "end":
            del damaged[at:]
        elif how == "repeat":
            damaged[at:at] = damaged[at : at + 16]
        elif how == "large":
            damaged[at : at + 4] = b"\xff\xff\xff\x7f"[: min(4, len(damaged) - at)]
        else:
            damaged[at : at + 4] = bytes(min(4, len(damaged) - at))
    return bytes(damaged)


_WAYS = ("flip", "cut", "end", "repeat", "large", "zero")


def _try(path: Path, data: bytes, suffix: str) -> None:
    """Read a file in all ways, and write what came out of it; only our own error may be raised."""
    path.write_bytes(data)
    begin = time.process_time()
    found = _or_sentence(lambda: read_file(path, max_pixels=LIMIT), path)
    if found is not None:
        _check(found)
        _or_sentence(partial(_write, found, path.with_name(f"out{suffix}")), path.with_name("out"))
    _or_sentence(lambda: _strips(path), path)
    jpeg_quality(path)
    assert time.process_time() - begin < SLOWEST


def _or_sentence(attempt: Callable[[], Found], path: Path) -> Found | None:
    try:
        return attempt()
    except BlindSRError as error:
        sentence = str(error)
    assert "\n" not in sentence
    assert path.name in sentence
    assert len(sentence) < 600
    return None


def _strips(path: Path) -> None:
    strips = Strips(path)
    if strips.width * strips.height <= LIMIT:
        strips.rows(0, strips.height)


def _check(found: Picture | Frames) -> None:
    for picture in found.pictures() if isinstance(found, Frames) else [found]:
        assert picture.width * picture.height <= LIMIT
        assert 0 <= float(picture.pixels.min()) <= float(picture.pixels.max()) <= 1


def _write(found: Picture | Frames, path: Path) -> None:
    """What was read can be written, whatever of EXIF, XMP and profile was damaged."""
    if isinstance(found, Frames):
        write_frames(found, path.with_suffix(".tif"))
    else:
        write(found, path)


STEPS = st.lists(st.tuples(st.sampled_from(_WAYS), st.integers(0, 2**16), st.integers(0, 255)), min_size=1, max_size=6)


@pytest.mark.parametrize("kind", MAKERS)
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_damage_ends_in_a_picture_or_a_sentence(tmp_path: Path, kind: str, steps: list[tuple[str, int, int]]) -> None:
    _try(tmp_path / f"a.{kind}", _mutated(whole(kind), steps), ".png")


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
def test_ten_thousand_damaged_files(tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)
    suffixes = (".png", ".jpg", ".webp", ".tif", ".bmp", ".ppm")
    for number in range(500):
        kind = draw.choice(list(MAKERS))
        steps = [(draw.choice(_WAYS), draw.randrange(2**16), draw.randrange(256)) for _ in range(draw.randint(1, 6))]
        data = _mutated(whole(kind), steps)
        try:
            _try(tmp_path / f"a.{kind}", data, suffixes[number % len(suffixes)])
        except BaseException:
            (tmp_path / f"failed.{kind}").write_bytes(data)
            raise
