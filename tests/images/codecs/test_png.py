"""PNG's metadata chunks, read back by another library."""

import io

import numpy as np
import pytest
from PIL import Image

from blindsr.images.codecs import png
from blindsr.images.picture import Metadata


def encoded() -> tuple[bytes, "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]"]:
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", dpi=(50, 50))
    return buffer.getvalue(), pixels


def test_other_readers_find_what_was_put_in_and_the_same_pixels() -> None:
    data, pixels = encoded()
    exif = Image.Exif()
    exif[0x010E] = "a heron"
    metadata = Metadata(None, exif.tobytes(), b"<x:xmpmeta/>", (300.0, 150.0), 8, False, "png")
    written = png.with_metadata(data, metadata)
    with Image.open(io.BytesIO(written)) as image:
        assert np.array_equal(np.asarray(image), pixels)
        assert image.info["dpi"] == pytest.approx((300, 150), abs=0.05)
        assert image.getexif()[0x010E] == "a heron"
        assert image.info["XML:com.adobe.xmp"] == "<x:xmpmeta/>"
    assert png.dpi(io.BytesIO(written)) == pytest.approx((300, 150), abs=0.05)


def test_without_metadata_nothing_is_invented() -> None:
    data, _ = encoded()
    bare = png.with_metadata(data, Metadata(None, None, None, None, 8, False, "png"))
    assert png.dpi(io.BytesIO(data)) == pytest.approx((50, 50), abs=0.05)
    assert png.dpi(io.BytesIO(bare)) is None
    with Image.open(io.BytesIO(bare)) as image:
        assert "exif" not in image.info
