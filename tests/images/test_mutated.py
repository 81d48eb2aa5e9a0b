"""Files that something has damaged: they are read, or refused in one sentence, and nothing else happens."""

import io
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from blindsr.errors import BlindSRError
from blindsr.images import Picture, read

KINDS = ("png", "jpeg", "tiff", "webp", "avif", "bmp", "ppm", "gif")
LIMIT = 2**20


@cache
def whole(kind: str) -> bytes:
    smooth = np.add.outer(np.arange(24), np.arange(32)).astype(np.uint8)[..., None].repeat(3, 2) * np.uint8(4)
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Maker"
    buffer = io.BytesIO()
    options = {"exif": exif.tobytes()} if kind in ("png", "jpeg", "tiff", "webp", "avif") else {}
    Image.fromarray(smooth).save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damage_ends_in_a_picture_or_a_sentence(tmp_path: Path, kind: str, data: st.DataObject) -> None:
    damaged = bytearray(whole(kind))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(damaged) - 1))
        how = data.draw(st.sampled_from(["flip", "cut", "repeat", "zero"]))
        if how == "flip":
            damaged[at] ^= 1 << data.draw(st.integers(0, 7))
        elif how == "cut":
            del damaged[at : at + data.draw(st.integers(1, 40))]
        elif how == "repeat":
            damaged[at:at] = damaged[at : at + 16]
        else:
            damaged[at : at + 4] = bytes(min(4, len(damaged) - at))
        if not damaged:
            break
    path = tmp_path / f"a.{kind}"
    path.write_bytes(bytes(damaged))
    result: Picture | str
    try:
        result = read(path, max_pixels=LIMIT)
    except BlindSRError as error:
        result = str(error)
    if isinstance(result, str):
        assert "\n" not in result
        assert path.name in result
    else:
        assert result.width * result.height <= LIMIT
        assert 0 <= float(result.pixels.min()) <= float(result.pixels.max()) <= 1
