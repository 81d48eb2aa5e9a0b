"""Writing, checked by other libraries."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageCms, features
from PIL.ExifTags import IFD

from blindsr.errors import BlindSRError, Code
from blindsr.images import Metadata, Picture, check_output, read, write
from blindsr.images.codecs import tiff as tiff_file
from blindsr.images.write import write_file

LargestFile = Callable[[int], AbstractContextManager[None]]
_NAMES = ["a.png", "a.jpg", "a.webp", "a.tif"]
_XMP = b'<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"/><?xpacket end="w"?>'
_EXIF_NOTE = 0x927C
_NOTE = b"Maker's own\0\x01\x02\x03"


def _exif() -> bytes:
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x8298] = "Maker", "Model", "(c) somebody"
    details = exif.get_ifd(IFD.Exif)
    details[0x9003], details[0x829A], details[0x8827], details[0x927C] = "2020:01:02 03:04:05", (1, 125), 400, _NOTE
    details[0xA002] = 5
    place = exif.get_ifd(IFD.GPSInfo)
    place[1], place[2] = "N", (48.0, 8.0, 12.5)
    return exif.tobytes().removeprefix(b"Exif\0\0")


def _picture(channels: int = 3, bits: int = 8, **said: object) -> Picture:
    generator = torch.Generator().manual_seed(0)
    pixels = torch.rand(3, 6, 9, generator=generator)
    if channels < 3:
        pixels = pixels[:1].repeat(3, 1, 1)
    alpha = torch.rand(1, 6, 9, generator=generator).clamp(min=0.1) if channels in (2, 4) else None
    return Picture(pixels, alpha, Metadata(bits=bits, gray=channels < 3, **said))  # type: ignore[arg-type]


@pytest.fixture(params=[False, True], ids=["tiff", "bigtiff"])
def _either_tiff(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param:
        monkeypatch.setattr(tiff_file, "_BIG", 0)


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_lossless_formats_keep_every_sample(tmp_path: Path, name: str, bits: int, channels: int) -> None:
    picture = _picture(channels, bits)
    write(picture, tmp_path / name)
    back = read(tmp_path / name)
    assert (back.metadata.bits, back.metadata.gray) == (bits, channels < 3)
    np.testing.assert_array_equal(back.to_array(), picture.to_array())


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_other_libraries_agree(tmp_path: Path, name: str) -> None:
    picture = _picture()
    write(picture, tmp_path / name)
    with Image.open(tmp_path / name) as image:
        np.testing.assert_array_equal(np.asarray(image), picture.to_array())


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_lossy_formats_come_close(tmp_path: Path, channels: int) -> None:
    smooth = torch.linspace(0.2, 0.8, 32).expand(3, 32, 32).clone()
    picture = Picture(smooth, torch.full((1, 32, 32), 0.9) if channels in (2, 4) else None, Metadata(gray=channels < 3))
    for name in ("a.jpg", "a.webp"):
        write(picture, tmp_path / name)
        expected = smooth * 0.9 + 0.1 if name == "a.jpg" and channels in (2, 4) else smooth  # on white
        torch.testing.assert_close(read(tmp_path / name).pixels, expected, atol=0.03, rtol=0)
    assert read(tmp_path / "a.jpg").metadata.gray == (channels < 3)
    assert (read(tmp_path / "a.webp").alpha is not None) == (channels in (2, 4))


def test_jpeg_keeps_its_colour_resolution(tmp_path: Path) -> None:
    pixels = torch.zeros(3, 16, 16)
    pixels[0, :, ::2] = pixels[2, :, 1::2] = 1  # red and blue columns: 4:2:0 would make them purple
    write(Picture(pixels), tmp_path / "a.jpg")
    assert (read(tmp_path / "a.jpg").pixels - pixels).abs().max() < 0.1


def test_jpeg_shows_transparent_parts_on_white(tmp_path: Path) -> None:
    write(Picture(torch.zeros(3, 8, 8), torch.zeros(1, 8, 8)), tmp_path / "a.jpg")
    assert read(tmp_path / "a.jpg").pixels.min() > 0.98


@pytest.mark.usefixtures("_either_tiff")
@pytest.mark.parametrize("name", _NAMES)
@pytest.mark.parametrize("bits", [8, 16])
def test_metadata_survive(tmp_path: Path, name: str, bits: int) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    write(_picture(bits=bits, icc=profile, exif=_exif(), xmp=_XMP, dpi=(300.0, 150.0)), tmp_path / name)
    kept = read(tmp_path / name).metadata
    assert kept.icc == profile
    assert kept.xmp == _XMP
    assert kept.dpi == (None if name == "a.webp" else pytest.approx((300, 150), abs=0.02))
    assert kept.exif is not None
    exif = Image.Exif()
    exif.load(b"Exif\0\0" + kept.exif)
    assert (exif[0x010F], exif[0x0110], exif[0x8298]) == ("Maker", "Model", "(c) somebody")
    details = exif.get_ifd(IFD.Exif)
    assert (details[0x9003], details[0x8827], details[0x927C]) == ("2020:01:02 03:04:05", 400, _NOTE)
    assert details[0xA002] == 9  # the width that the file has now
    assert tuple(map(float, exif.get_ifd(IFD.GPSInfo)[2])) == (48.0, 8.0, 12.5)


@pytest.mark.parametrize("name", _NAMES)
def test_pillow_sees_the_metadata(tmp_path: Path, name: str) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    write(_picture(icc=profile, exif=_exif(), dpi=(300.0, 300.0)), tmp_path / name)
    with Image.open(tmp_path / name) as image:
        assert image.info["icc_profile"] == profile
        assert image.getexif().get_ifd(IFD.Exif)[0x9003] == "2020:01:02 03:04:05"
        if name != "a.webp":
            assert image.info["dpi"] == pytest.approx((300, 300), abs=0.02)


@pytest.mark.parametrize("name", _NAMES)
def test_nothing_is_invented(tmp_path: Path, name: str) -> None:
    write(_picture(), tmp_path / name)
    metadata = read(tmp_path / name).metadata
    assert (metadata.icc, metadata.exif, metadata.xmp, metadata.dpi) == (None, None, None, None)


@pytest.mark.parametrize(
    "place",
    ["a.xyz", "a", "no/a.png", "dir.png"],
)
def test_places_that_cannot_be_written(tmp_path: Path, place: str) -> None:
    (tmp_path / "dir.png").mkdir()
    with pytest.raises(BlindSRError, check=Code.CANNOT_WRITE.matches):
        check_output(tmp_path / place)
    with pytest.raises(BlindSRError, check=Code.CANNOT_WRITE.matches):
        write(_picture(), tmp_path / place)


def test_a_folder_without_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)  # the super-user may write anywhere
    with pytest.raises(BlindSRError, check=Code.CANNOT_WRITE.matches):
        write(_picture(), tmp_path / "a.png")


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"old")
    wide = Picture(torch.zeros(3, 1, 65536))
    with pytest.raises(BlindSRError, check=Code.CANNOT_WRITE.matches):
        write(wide, tmp_path / "a.jpg")
    assert [path.name for path in tmp_path.iterdir()] == ["a.jpg"]
    assert (tmp_path / "a.jpg").read_bytes() == b"old"


@pytest.mark.parametrize(("name", "most"), [("a.webp", 16383), ("a.jpg", 65500), ("a.gif", 65535), ("a.avif", 32768)])
def test_sides_up_to_what_the_format_holds(tmp_path: Path, name: str, most: int) -> None:
    wide, tall = Picture(torch.zeros(3, 1, most)), Picture(torch.zeros(3, most + 1, 1))
    write(wide, tmp_path / name)
    assert read(tmp_path / name).width == most
    with pytest.raises(BlindSRError, check=Code.CANNOT_WRITE.matches):
        write(tall, tmp_path / name)


@pytest.mark.parametrize("error", [RuntimeError("an encoder's\nwords"), OverflowError("too much")])
def test_what_an_encoder_raises_becomes_a_sentence(tmp_path: Path, error: Exception) -> None:
    def fail(_: Path) -> None:
        raise error

    with pytest.raises(BlindSRError, check=Code.CANNOT_WRITE.matches):
        write_file(tmp_path / "a.png", fail, [(1, 1)], overwrite=True)


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp", "a.tif", "a.avif", "a.heic", "a.bmp", "a.ppm", "a.gif"])
def test_a_full_disk_leaves_the_old_file(tmp_path: Path, name: str, largest_file: LargestFile) -> None:
    picture = Picture(torch.rand(3, 90, 120, generator=torch.Generator().manual_seed(0)))
    write(picture, tmp_path / name)
    old = (tmp_path / name).read_bytes()
    for share in (0.02, 0.75):
        with largest_file(int(share * len(old))), pytest.raises(BlindSRError, check=Code.CANNOT_WRITE.matches):
            write(picture, tmp_path / name)
        assert (tmp_path / name).read_bytes() == old
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_deep_ppm_on_a_full_disk(tmp_path: Path, largest_file: LargestFile) -> None:
    with largest_file(200), pytest.raises(BlindSRError, check=Code.CANNOT_WRITE.matches):
        write(_picture(bits=16), tmp_path / "a.ppm")
    assert not list(tmp_path.iterdir())


def test_an_encoder_that_fails_silently_is_caught(tmp_path: Path) -> None:
    write(_picture(), tmp_path / "a.jpg")
    old = (tmp_path / "a.jpg").read_bytes()

    def cut_short(part: Path) -> None:
        part.write_bytes(old[: len(old) // 2])

    with pytest.raises(BlindSRError, check=Code.CANNOT_WRITE.matches):
        write_file(tmp_path / "a.jpg", cut_short, [(9, 6)], overwrite=True)
    assert (tmp_path / "a.jpg").read_bytes() == old


@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.bmp"])
def test_a_file_that_appears_while_another_is_encoded_stays(tmp_path: Path, name: str) -> None:
    def encode(part: Path) -> None:
        write(_picture(), part)
        (tmp_path / name).write_bytes(b"made by hand meanwhile")

    with pytest.raises(BlindSRError, check=Code.FILE_EXISTS.matches):
        write_file(tmp_path / name, encode, [(9, 6)], overwrite=False)
    assert (tmp_path / name).read_bytes() == b"made by hand meanwhile"
    with pytest.raises(BlindSRError, check=Code.FILE_EXISTS.matches):
        write(_picture(), tmp_path / name, overwrite=False)
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", _NAMES)
def test_success_leaves_nothing_else(tmp_path: Path, name: str) -> None:
    write(_picture(), tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", ["a.bmp", "a.ppm", "a.avif"])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_rarer_formats_hold_colour_and_put_the_rest_on_white(tmp_path: Path, name: str, channels: int) -> None:
    ramp = np.linspace(0, 255, 48, dtype=np.uint8)[None, :, None].repeat(32, 0).repeat(channels, 2)
    if channels in (2, 4):
        ramp[..., -1] = 255
        ramp[:16, :, -1] = 0
    write(Picture.from_array(ramp), tmp_path / name)
    with Image.open(tmp_path / name) as image:
        pixels = np.asarray(image.convert("RGBA")).astype(int)
    assert np.abs(pixels[20, :, :3] - np.linspace(0, 255, 48)[:, None]).max() <= 6
    if channels in (2, 4):
        hidden = pixels[4, 10]
        assert hidden[3] == 0 if name == "a.avif" else hidden[:3].tolist() == [255, 255, 255]


@pytest.mark.parametrize("long", [_EXIF_NOTE, 0x9286])
def test_exif_that_is_too_long_for_jpeg_is_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, long: int
) -> None:
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    exif.get_ifd(IFD.Exif).update({long: bytes(70000), 0x8827: 400})
    write(_picture(exif=exif.tobytes().removeprefix(b"Exif\0\0")), tmp_path / "a.jpg")
    assert "too long" in caplog.text
    kept = Image.Exif()
    kept.load(read(tmp_path / "a.jpg").metadata.exif or b"")
    assert kept.get_ifd(IFD.Exif).get(0x8827) == (400 if long == _EXIF_NOTE else None)


def test_xmp_that_is_too_long_for_jpeg_is_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for length, kept in ((65504, True), (65505, False)):
        write(_picture(xmp=b"x" * length), tmp_path / "a.jpg")
        assert (read(tmp_path / "a.jpg").metadata.xmp is not None) == kept
        assert ("XMP is too long" in caplog.text) != kept


@pytest.mark.parametrize("kind", ["avif", "webp"])
def test_an_encoder_that_pillow_lacks_is_asked_for_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(features, "check", lambda name: name != kind)
    with pytest.raises(BlindSRError, check=Code.MISSING_DEPENDENCY.matches):
        check_output(tmp_path / f"a.{kind}")


def test_depth_and_quality_are_checked(tmp_path: Path) -> None:
    with pytest.raises(BlindSRError, check=Code.INVALID_VALUE.matches):
        write(_picture(), tmp_path / "a.png", bits=12)
    with pytest.raises(BlindSRError, check=Code.INVALID_VALUE.matches):
        _picture().to_array(12)
    for quality in (0, 101):
        with pytest.raises(BlindSRError, check=Code.INVALID_VALUE.matches):
            write(_picture(), tmp_path / "a.jpg", quality=quality)
    assert not list(tmp_path.iterdir())
