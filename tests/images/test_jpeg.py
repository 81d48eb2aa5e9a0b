"""What stands before the size of a JPEG file."""

import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from blindsr.images.jpeg import has_size


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
