"""What the samples of TIFF files mean, beside other libraries' conversions."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image, ImageCms

from blindsr.errors import BlindSRError, Code
from blindsr.images import read, read_file, write
from blindsr.images.strips import Strips


def _rgb() -> NDArray[np.uint8]:
    y, x = np.indices((40, 52)) / 52
    return np.stack([200 * x + 30, 180 * y + 40, 120 + 80 * np.sin(9 * x) * np.cos(7 * y)], 2).astype(np.uint8)


def _lab() -> Image.Image:
    lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    converted = ImageCms.profileToProfile(Image.fromarray(_rgb()), srgb, lab, outputMode="LAB")
    assert converted is not None
    return converted


def _mean_error(path: Path) -> float:
    return float(np.abs(read(path).to_array(8).astype(int) - _rgb()).mean())


@pytest.mark.parametrize("compression", [None, "tiff_lzw", "tiff_adobe_deflate", "jpeg"])
def test_ycbcr_has_its_colours(tmp_path: Path, compression: str | None) -> None:
    more: dict[str, Any] = {"quality": 98} if compression == "jpeg" else {}
    Image.fromarray(_rgb()).convert("YCbCr").save(tmp_path / "a.tif", compression=compression, **more)
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        assert file.pages.first.photometric == 6
    assert _mean_error(tmp_path / "a.tif") < 1.5


@pytest.mark.parametrize(
    ("tag", "value"), [(530, (2, 2)), (532, (16, 1, 235, 1, 128, 1, 240, 1, 128, 1, 240, 1))], ids=["half", "studio"]
)
def test_ycbcr_of_a_rare_kind_is_refused(tmp_path: Path, tag: int, value: tuple[int, ...]) -> None:
    Image.fromarray(_rgb()).convert("YCbCr").save(tmp_path / "a.tif")
    with tifffile.TiffFile(tmp_path / "a.tif", mode="r+") as file:
        file.pages.first.tags[tag].overwrite(value)
    with pytest.raises(BlindSRError, check=Code.UNSUPPORTED_CONTENT.matches):
        read(tmp_path / "a.tif")


def test_lab_of_8_bits(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.asarray(_lab()), photometric=8, metadata=None)
    assert _mean_error(tmp_path / "a.tif") < 1.5
    picture = read(tmp_path / "a.tif")
    assert (picture.metadata.icc, picture.metadata.gray, picture.metadata.bits) == (None, False, 8)


@pytest.mark.parametrize("compression", [None, "zlib"])
def test_lab_of_16_bits(tmp_path: Path, compression: str | None) -> None:
    lab = np.asarray(_lab())
    signed = lab[..., 1:].astype(np.int8).astype(np.int16) * 256
    deep = np.dstack([np.round(lab[..., :1] / 255 * 65535).astype(np.uint16), signed.astype(np.uint16)])
    tifffile.imwrite(tmp_path / "a.tif", deep, photometric=8, metadata=None, compression=compression)
    assert read(tmp_path / "a.tif").metadata.bits == 16
    assert _mean_error(tmp_path / "a.tif") < 1.5


def test_rare_colours_stand_upright_and_keep_what_the_file_says(tmp_path: Path) -> None:
    tags = [(274, 3, 1, 6, True), (271, 2, 0, "Maker", True), (700, 1, 12, b"<x:xmpmeta/>", True)]
    tifffile.imwrite(tmp_path / "a.tif", np.asarray(_lab()), photometric=8, metadata=None, extratags=tags)
    picture = read(tmp_path / "a.tif")
    assert np.abs(picture.to_array().astype(int) - np.rot90(_rgb(), -1)).mean() < 1.5
    assert picture.metadata.exif is not None
    assert b"Maker" in picture.metadata.exif
    assert picture.metadata.xmp == b"<x:xmpmeta/>"


@pytest.mark.parametrize(
    ("photometric", "code"),
    [
        (9, Code.UNSUPPORTED_CONTENT),
        (10, Code.UNSUPPORTED_CONTENT),
        (32803, Code.UNSUPPORTED_CONTENT),
        (34892, Code.UNSUPPORTED_CONTENT),
        (77, Code.UNSUPPORTED_CONTENT),
    ],
)
def test_what_cannot_be_read_is_refused_for_what_it_is(tmp_path: Path, photometric: int, code: Code) -> None:
    tifffile.imwrite(tmp_path / "a.tif", _rgb(), photometric="rgb", metadata=None)
    with tifffile.TiffFile(tmp_path / "a.tif", mode="r+") as file:
        file.pages.first.tags[262].overwrite(photometric)
    for reader in (read, read_file, Strips):
        with pytest.raises(BlindSRError, check=code.matches):
            reader(tmp_path / "a.tif")


def test_inks_that_are_not_cmyk(tmp_path: Path) -> None:
    array = np.dstack([_rgb(), _rgb()[..., 0]])
    tifffile.imwrite(
        tmp_path / "a.tif", array, photometric="separated", metadata=None, extratags=[(332, 3, 1, 2, True)]
    )
    with pytest.raises(BlindSRError, check=Code.UNSUPPORTED_CONTENT.matches):
        read(tmp_path / "a.tif")
    tifffile.imwrite(
        tmp_path / "b.tif", array, photometric="separated", metadata=None, extratags=[(332, 3, 1, 1, True)]
    )
    assert read(tmp_path / "b.tif").alpha is None


def _write(path: Path, colours: NDArray[Any], extra: list[str], photometric: str = "rgb") -> NDArray[Any]:
    top = np.iinfo(colours.dtype).max
    rest = [np.full(colours.shape[:2], (n + 1) * (top // 5), colours.dtype) for n in range(len(extra))]
    array = np.dstack([colours, *rest])
    tifffile.imwrite(path, array, photometric=photometric, extrasamples=extra, planarconfig="contig", metadata=None)
    return array


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("colours", [1, 3])
def test_an_unspecified_channel_is_left_out_and_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, bits: int, colours: int
) -> None:
    rgb = _rgb()[..., :colours].astype(np.uint16 if bits == 16 else np.uint8) * (257 if bits == 16 else 1)
    _write(tmp_path / "a.tif", rgb, ["unspecified"], "rgb" if colours == 3 else "minisblack")
    picture = read(tmp_path / "a.tif")
    assert picture.alpha is None
    np.testing.assert_array_equal(picture.to_array(), rgb if colours == 3 else rgb[..., 0])
    for name in ("b.tif", "b.jpg"):
        caplog.clear()
        write(picture, tmp_path / name)
        assert "extra channel" in caplog.text
    strips = Strips(tmp_path / "a.tif")
    assert strips.channels == colours
    assert strips.metadata.notes == picture.metadata.notes


@pytest.mark.parametrize(
    "extra", [["unassalpha"], ["unspecified", "unassalpha"], ["unassalpha", "unspecified", "unspecified"]]
)
def test_alpha_is_found_among_others(tmp_path: Path, extra: list[str]) -> None:
    array = _write(tmp_path / "a.tif", _rgb(), extra)
    picture = read(tmp_path / "a.tif")
    alpha = array[..., 3 + extra.index("unassalpha")]
    np.testing.assert_array_equal(picture.to_array(), np.dstack([_rgb(), alpha]))
    assert bool(picture.metadata.notes) == (len(extra) > 1)


def test_associated_alpha_is_divided_out(tmp_path: Path) -> None:
    alpha = np.full((40, 52, 1), 128, np.uint8)
    premultiplied = np.round(_rgb().astype(float) * 128 / 255).astype(np.uint8)
    tifffile.imwrite(
        tmp_path / "a.tif",
        np.dstack([premultiplied, alpha]),
        photometric="rgb",
        extrasamples=["assocalpha"],
        metadata=None,
    )
    samples = read(tmp_path / "a.tif").to_array().astype(int)
    assert np.abs(samples[..., :3] - _rgb()).max() <= 2
    assert (samples[..., 3] == 128).all()


def test_many_bands_are_no_gray(tmp_path: Path) -> None:
    _write(tmp_path / "a.tif", _rgb()[..., :1], ["unspecified"] * 3, "minisblack")
    with pytest.raises(BlindSRError, check=Code.UNSUPPORTED_CONTENT.matches):
        read(tmp_path / "a.tif")


def test_a_transparency_mask_is_left_out_and_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
        writer.write(_rgb(), photometric="rgb", metadata=None)
        writer.write(_rgb()[..., 0] > 100, photometric="minisblack", subfiletype=2, metadata=None)
    with tifffile.TiffFile(tmp_path / "a.tif", mode="r+") as file:
        for tag in (254, 262):
            file.pages[1].tags[tag].overwrite(4)  # type: ignore[union-attr]
    picture = read_file(tmp_path / "a.tif")
    np.testing.assert_array_equal(read(tmp_path / "a.tif").to_array(), _rgb())
    write(picture, tmp_path / "b.tif")  # type: ignore[arg-type]
    assert "mask is left out" in caplog.text
    assert Strips(tmp_path / "a.tif").metadata.notes == picture.metadata.notes
