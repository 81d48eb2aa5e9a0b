import io
import struct
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from PIL.Image import Exif

from blindsr.images import exif


def _block(order: str, orientation: int = 6) -> bytes:
    """Two entries and a pointer to a thumbnail's directory, by hand."""
    entries = struct.pack(order + "HHIHHHHII", 0x0112, 3, 1, orientation, 0, 0x0213, 4, 1, 7)
    mark = b"II" if order == "<" else b"MM"
    return mark + struct.pack(order + "HIH", 42, 8, 2) + entries + struct.pack(order + "I", 99) + b"maker's own bytes"


@pytest.mark.parametrize("order", ["<", ">"])
def test_only_orientation_and_thumbnail_change(order: str) -> None:
    block = _block(order)
    edited = exif.set_upright(b"Exif\0\0" + block)
    changed = [index for index, (old, new) in enumerate(zip(block, edited, strict=True)) if old != new]
    assert edited == _block(order, 1).replace(struct.pack(order + "I", 99), bytes(4))
    assert len(changed) == 2


def test_the_resolution_may_be_per_centimetre() -> None:
    said = Exif()
    said[0x011A], said[0x011B], said[0x0128] = 100.0, 50.0, 3
    assert exif.dpi(said.tobytes()) == pytest.approx((254, 127))
    said[0x0128] = 2
    assert exif.dpi(said.tobytes()) == pytest.approx((100, 50))


@given(
    st.sampled_from([b"", b"II*\0", b"MM\0*", b"II*\0\x08\0\0\0\x02\0", b"II+\0\x08\0\0\0\0\0\0\0"]),
    st.binary(max_size=60),
)
def test_garbage_passes_unharmed(head: bytes, body: bytes) -> None:
    block = head + body
    assert len(exif.set_upright(block)) == len(block.removeprefix(b"Exif\0\0"))
    assert len(exif.set_size(block, 4, 3)) == len(block)
    exif.dpi(block)
    exif.from_tiff(io.BytesIO(block))


def test_layers_and_how_a_raw_file_is_developed_are_not_of_the_photograph(tmp_path: Path) -> None:
    layers = [(tag, 7, 70000, bytes(70000), True) for tag in (0x935C, 0xC634)]
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((4, 4), np.uint8), extratags=[(0x010F, 2, 0, "Maker", True), *layers])
    block = exif.from_tiff(io.BytesIO((tmp_path / "a.tif").read_bytes()))
    assert block is not None
    assert b"Maker" in block
    assert len(block) < 1000


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_block_without_pointer_to_a_thumbnail_is_upright_too(order: str) -> None:
    end = 8 + 2 + 2 * 12
    assert exif.set_upright(_block(order)[:end]) == _block(order, 1)[:end]
