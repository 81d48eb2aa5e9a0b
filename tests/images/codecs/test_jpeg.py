import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from blindsr.images.codecs.jpeg import has_size, jpeg_quality


def _jpeg(**options: Any) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 50, 3), np.uint8)).save(buffer, "JPEG", **options)
    return buffer.getvalue()


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"icc_profile": bytes(200000)}, {"comment": b"hello"}])
def test_files_that_a_library_wrote(options: dict[str, Any]) -> None:
    assert has_size(io.BytesIO(_jpeg(**options)))


def test_fill_and_stray_bytes_are_passed_over() -> None:
    data = _jpeg()
    for between in (b"\xff" * 9, b"stray", b"\xff\0\xff"):
        assert has_size(io.BytesIO(data[:2] + between + data[2:]))


@pytest.mark.parametrize("rest", [b"", b"\xff", b"\xff\xe0", bytes(10**6), b"\xff\xe0\0\2" * 10**5, b"\xff\xda\0\4"])
def test_none(rest: bytes) -> None:
    assert not has_size(io.BytesIO(b"\xff\xd8\xff" + rest))


@given(st.binary(max_size=300))
def test_anything_ends(data: bytes) -> None:
    has_size(io.BytesIO(b"\xff\xd8" + data))


@pytest.mark.parametrize("quality", [1, 10, 50, 75, 90, 95, 100])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_the_quality_that_a_file_was_written_with(tmp_path: Path, quality: int, mode: str) -> None:
    Image.new(mode, (20, 9)).save(tmp_path / "a.jpg", quality=quality)
    assert jpeg_quality(tmp_path / "a.jpg") == quality


def test_other_files_have_none(tmp_path: Path) -> None:
    Image.new("RGB", (20, 9)).save(tmp_path / "a.png")
    (tmp_path / "b.jpg").write_text("no image")
    assert [jpeg_quality(tmp_path / name) for name in ("a.png", "b.jpg", "missing.jpg")] == [None, None, None]


def test_the_only_table_may_have_any_number(tmp_path: Path) -> None:
    Image.new("L", (20, 9)).save(tmp_path / "a.jpg", quality=60)
    data = bytearray((tmp_path / "a.jpg").read_bytes())
    data[data.index(b"\xff\xdb") + 4] = 1  # the number of the table
    frame = data.index(b"\xff\xc0")
    data[frame + 12] = 1  # that of the component
    (tmp_path / "b.jpg").write_bytes(bytes(data))
    assert jpeg_quality(tmp_path / "b.jpg") == 60
