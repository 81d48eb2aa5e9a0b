"""Reading, against files made by other libraries."""

import io
import os
import resource
import struct
import sys
import zlib
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import pyvips
import tifffile
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps

from blindsr.errors import BlindSRError, Code
from blindsr.images import read, read_file
from blindsr.images.strips import Strips


def _samples(shape: tuple[int, ...], dtype: type[np.uint8 | np.uint16] = np.uint8) -> NDArray[np.uint8 | np.uint16]:
    return np.random.default_rng(0).integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)


@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.webp"])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_lossless_8_bit(tmp_path: Path, name: str, channels: int) -> None:
    array = _samples((5, 7, channels)).squeeze()
    if name.endswith("webp") and channels < 3:
        pytest.skip("WebP has no gray")
    if channels == 4:
        array[..., 3] |= 1  # WebP drops the colour of what is fully transparent
    Image.fromarray(array).save(tmp_path / name, lossless=True)
    np.testing.assert_array_equal(read(tmp_path / name).to_array(), array)


@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 3), (5, 7, 4)])
def test_16_bit_png_and_tiff(tmp_path: Path, shape: tuple[int, ...]) -> None:
    array = _samples(shape, np.uint16)
    image = pyvips.Image.new_from_array(array)
    image.copy(interpretation="rgb16" if len(shape) == 3 else "grey16").write_to_file(str(tmp_path / "a.png"))
    tifffile.imwrite(tmp_path / "a.tif", array, photometric="rgb" if len(shape) == 3 else "minisblack")
    for name in ("a.png", "a.tif"):
        picture = read(tmp_path / name)
        assert picture.metadata.bits == 16
        assert picture.metadata.gray == (len(shape) == 2)
        np.testing.assert_array_equal(picture.to_array(), array)


def test_jpeg_equals_pillow_within_the_freedom_of_decoders(tmp_path: Path) -> None:
    ramp = np.linspace(0, 255, 64, dtype=np.uint8)[None, :, None].repeat(48, 0).repeat(3, 2)
    Image.fromarray(ramp).save(tmp_path / "a.jpg", quality=90)
    expected = np.asarray(Image.open(tmp_path / "a.jpg")).astype(int)
    assert np.abs(read(tmp_path / "a.jpg").to_array().astype(int) - expected).max() <= 2
    Image.fromarray(ramp[..., 0]).save(tmp_path / "gray.jpg")
    assert read(tmp_path / "gray.jpg").metadata.gray


@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.webp", "a.jpg"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied_once(tmp_path: Path, name: str, orientation: int) -> None:
    array = np.zeros((16, 32, 3), np.uint8)
    array[:8, :8] = 255  # one white corner tells all eight apart together with the shape
    array[8:, :8, 0] = 255
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "Maker"
    Image.fromarray(array).save(tmp_path / name, exif=exif.tobytes(), lossless=True, quality=95)
    with Image.open(tmp_path / name) as image:
        image.load()  # Pillow turns TIFF pixels here by itself
        expected = np.asarray(image if name == "a.tif" else ImageOps.exif_transpose(image)).astype(int)
    picture = read(tmp_path / name)
    assert np.abs(picture.to_array().astype(int) - expected).max() <= 2
    assert picture.metadata.exif is not None
    kept = Image.Exif()
    kept.load(b"Exif\0\0" + picture.metadata.exif)
    assert kept.get(0x0112, 1) == 1
    assert kept[0x010F] == "Maker"


def test_palette_with_transparency_and_single_bits(tmp_path: Path) -> None:
    palette = Image.new("P", (2, 1))
    palette.putpalette([255, 0, 0, 0, 0, 255])
    palette.putpixel((1, 0), 1)
    palette.save(tmp_path / "a.png", transparency=1)
    assert read(tmp_path / "a.png").to_array().tolist() == [[[255, 0, 0, 255], [0, 0, 255, 0]]]
    bits = Image.new("1", (3, 1))
    bits.putpixel((1, 0), 1)
    for name in ("b.png", "b.tif"):
        bits.save(tmp_path / name)
        assert read(tmp_path / name).to_array().tolist() == [[0, 255, 0]]


def test_cmyk_becomes_srgb(tmp_path: Path) -> None:
    for name in ("a.jpg", "a.tif"):
        Image.new("CMYK", (8, 8), (0, 255, 255, 0)).save(tmp_path / name)
        picture = read(tmp_path / name)
        red, green, blue = picture.to_array()[4, 4].astype(int)
        assert red > 180 > 100 > max(green, blue)
        assert picture.metadata.icc is None


def test_what_the_file_says_is_kept(tmp_path: Path) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for name in ("a.jpg", "a.png", "a.tif"):
        Image.new("RGB", (8, 8)).save(tmp_path / name, icc_profile=profile, dpi=(300, 150))
        metadata = read(tmp_path / name).metadata
        assert metadata.icc == profile
        assert metadata.dpi == pytest.approx((300, 150), abs=0.02)
        assert metadata.format == {"jpg": "jpeg", "png": "png", "tif": "tiff"}[name[2:]]


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.tif", "a.webp"])
def test_nothing_is_invented(tmp_path: Path, name: str) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / name)
    metadata = read(tmp_path / name).metadata
    assert (metadata.icc, metadata.exif, metadata.xmp, metadata.dpi) == (None, None, None, None)


def test_xmp_does_not_turn_the_picture_again(tmp_path: Path) -> None:
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><r tiff:Orientation="6"/></x:xmpmeta>'
    Image.new("RGB", (8, 8)).save(tmp_path / "a.jpg", xmp=xmp)
    assert read(tmp_path / "a.jpg").metadata.xmp == xmp.replace(b'"6"', b'"1"')


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.tif", "a.webp"])
@pytest.mark.parametrize("kept", [0.3, 0.9])
def test_a_truncated_file_is_refused(tmp_path: Path, name: str, kept: float) -> None:
    Image.fromarray(_samples((64, 64, 3))).save(tmp_path / name)
    data = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(data[: int(kept * len(data))])
    with pytest.raises(BlindSRError, check=Code.CANNOT_DECODE.matches) as caught:
        read(tmp_path / name)
    assert "\n" not in str(caught.value)


def test_what_is_no_image_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("not an image")
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "drawing.png").write_text("<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>")
    for name in ("text.png", "empty.png", "drawing.png"):
        with pytest.raises(BlindSRError, check=Code.UNSUPPORTED_FORMAT.matches):
            read(tmp_path / name)
    with pytest.raises(BlindSRError, check=Code.FILE_NOT_FOUND.matches):
        read(tmp_path / "missing.png")
    with pytest.raises(BlindSRError, check=Code.FILE_NOT_FOUND.matches):
        read(tmp_path)
    with pytest.raises(BlindSRError, check=Code.CANNOT_READ.matches):
        read("a\0b.png")


def test_pages_and_other_numbers_are_refused(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "pages.tif", np.zeros((2, 9, 9, 3), np.uint8), photometric="rgb")
    with pytest.raises(BlindSRError, check=Code.UNSUPPORTED_CONTENT.matches):
        read(tmp_path / "pages.tif")
    for value in (-0.5, 1.5, np.nan):
        tifffile.imwrite(tmp_path / "float.tif", np.full((9, 9, 3), value, np.float32), photometric="rgb")
        with pytest.raises(BlindSRError, check=Code.UNSUPPORTED_CONTENT.matches):
            read(tmp_path / "float.tif")
    tifffile.imwrite(tmp_path / "double.tif", np.zeros((9, 9, 3)), photometric="rgb")
    with pytest.raises(BlindSRError, check=Code.CANNOT_DECODE.matches):
        read(tmp_path / "double.tif")
    tifffile.imwrite(tmp_path / "bands.tif", np.zeros((9, 9, 7), np.uint8), photometric="minisblack")
    with pytest.raises(BlindSRError, check=Code.UNSUPPORTED_CONTENT.matches):
        read(tmp_path / "bands.tif")


def test_absurd_sizes_are_refused_from_the_header(tmp_path: Path) -> None:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0)
    bomb = (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    )
    (tmp_path / "bomb.png").write_bytes(bomb)
    with pytest.raises(BlindSRError, check=Code.TOO_LARGE.matches):
        read(tmp_path / "bomb.png")
    Image.new("RGB", (11, 10)).save(tmp_path / "a.png")
    with pytest.raises(BlindSRError, check=Code.TOO_LARGE.matches):
        read(tmp_path / "a.png", max_pixels=100)


def test_names_need_not_be_ascii(tmp_path: Path) -> None:
    Image.new("RGB", (1, 1)).save(tmp_path / "Bäume 木.png")
    assert read(str(tmp_path / "Bäume 木.png")).pixels.shape == (3, 1, 1)


@pytest.mark.parametrize("name", ["a.bmp", "a.ppm", "a.pgm"])
def test_plain_formats(tmp_path: Path, name: str) -> None:
    array = _samples((5, 7) if name == "a.pgm" else (5, 7, 3))
    Image.fromarray(array).save(tmp_path / name)
    picture = read(tmp_path / name)
    np.testing.assert_array_equal(picture.to_array(), array)
    assert picture.metadata.format == ("bmp" if name == "a.bmp" else "ppm")


@pytest.mark.parametrize("shape", [(4, 5), (4, 5, 3)])
def test_floats_are_read_as_they_are(tmp_path: Path, shape: tuple[int, ...]) -> None:
    array = np.random.default_rng(0).random(shape, np.float32)
    tifffile.imwrite(tmp_path / "a.tif", array, photometric="rgb" if len(shape) == 3 else "minisblack")
    picture = read(tmp_path / "a.tif")
    assert picture.metadata.bits == 32
    np.testing.assert_array_equal(picture.to_array(), array)


def test_deep_plain_formats_are_not_cut_to_8_bits(tmp_path: Path) -> None:
    (tmp_path / "a.ppm").write_bytes(b"P6\n# a comment\n2 1\n65535\n" + bytes(range(12)))
    (tmp_path / "b.ppm").write_bytes(b"P6 2 1 255\n" + bytes(range(6)))
    deep = read(tmp_path / "a.ppm")
    assert deep.metadata.bits == 16
    assert deep.to_array().ravel().tolist() == [256 * n + n + 1 for n in range(0, 12, 2)]
    assert read(tmp_path / "b.ppm").to_array().ravel().tolist() == list(range(6))


def test_avif(tmp_path: Path) -> None:
    smooth = np.linspace(0, 255, 64, dtype=np.uint8)[None, :, None].repeat(48, 0).repeat(3, 2)
    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.fromarray(smooth).save(tmp_path / "a.avif", quality=95, subsampling="4:4:4", icc_profile=icc)
    picture = read(tmp_path / "a.avif")
    assert np.abs(picture.to_array().astype(int) - smooth).max() <= 4
    assert picture.metadata.format == "avif"
    assert picture.metadata.icc == icc


def test_a_still_gif_and_a_moving_one(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (6, 4), colour) for colour in ("red", "blue")]
    frames[0].save(tmp_path / "still.gif")
    picture = read(tmp_path / "still.gif")
    assert picture.to_array()[0, 0, :3].tolist() == [255, 0, 0]
    frames[0].save(tmp_path / "moving.gif", save_all=True, append_images=frames[1:])
    with pytest.raises(BlindSRError, check=Code.UNSUPPORTED_CONTENT.matches):
        read(tmp_path / "moving.gif")


@pytest.mark.parametrize("name", ["a.bmp", "a.ppm", "a.gif", "a.avif"])
def test_rarer_formats_cut_short_or_too_large(tmp_path: Path, name: str) -> None:
    Image.fromarray(_samples((64, 64, 3))).save(tmp_path / name)
    whole = (tmp_path / name).read_bytes()
    with pytest.raises(BlindSRError, check=Code.TOO_LARGE.matches):
        read(tmp_path / name, max_pixels=100)
    for share in (0.9, 0.5, 0.1):
        (tmp_path / name).write_bytes(whole[: int(share * len(whole))])
        with pytest.raises(BlindSRError, check=Code.CANNOT_DECODE.matches):
            read(tmp_path / name)


def test_white_of_an_avif_of_10_bits_is_white(tmp_path: Path) -> None:
    image = pyvips.Image.new_from_array(np.full((64, 64, 3), 65535, np.uint16)).copy(interpretation="rgb16")
    (tmp_path / "a.avif").write_bytes(image.heifsave_buffer(compression="av1", bitdepth=10, lossless=True))
    picture = read(tmp_path / "a.avif")
    assert picture.metadata.bits == 16
    assert picture.to_array().min() == 65535


def _begun(kind: str) -> bytes:
    if kind == "heic":
        return b"\0\0\0\x18ftypheic" + bytes(12)
    if kind in ("P3", "P6"):
        return f"{kind}\n50 60\n65535\n".encode()
    buffer = io.BytesIO()
    Image.fromarray(_samples((60, 50, 3))).save(buffer, kind)
    return buffer.getvalue()


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("kind", ["png", "jpeg", "webp", "tiff", "avif", "bmp", "gif", "heic", "P3", "P6", "none"])
def test_a_huge_file_is_not_read_whole(tmp_path: Path, kind: str, whole: bool) -> None:
    data = b"" if kind == "none" else _begun(kind)
    path = tmp_path / "film.jpg"
    path.write_bytes(data if whole else data[:40])
    os.truncate(path, 3 * 2**30)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for reader in (read_file, Strips):
        with suppress(BlindSRError):
            reader(path)
    # Kilobytes; on macOS, bytes
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < (2**19 if sys.platform == "linux" else 2**29)
