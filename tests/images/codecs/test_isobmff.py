"""The colours that HEIC and AVIF files tell in their boxes."""

import io
import struct
from pathlib import Path

import pillow_heif
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from blindsr.images.codecs.isobmff import code_points


def _box(kind: bytes, *content: bytes) -> bytes:
    body = b"".join(content)
    return struct.pack(">I", 8 + len(body)) + kind + body


def _nclx(primaries: int, transfer: int) -> bytes:
    return _box(b"colr", b"nclx", struct.pack(">HHHB", primaries, transfer, 6, 0x80))


def _file(properties: list[bytes], wanted: list[int], item: int = 1, *, large: bool = False) -> bytes:
    """A file whose main picture has some of the properties; large ones have numbers of 15 bits and 32-bit items."""
    name, number, head = (">I", ">H", 0x01000001) if large else (">H", ">B", 0)
    essential = 0x8000 if large else 0x80
    listed = b"".join(struct.pack(number, which | essential) for which in wanted)
    ipma = struct.pack(">II", head, 2) + struct.pack(name, item + 1) + b"\1" + struct.pack(number, 1)
    ipma += struct.pack(name, item) + bytes([len(wanted)]) + listed
    pitm = struct.pack(">I", 0x01000000 if large else 0) + struct.pack(name, item)
    iprp = _box(b"iprp", _box(b"ipco", *properties), _box(b"ipma", ipma))
    return _box(b"ftyp", b"heic") + _box(b"meta", bytes(4), _box(b"pitm", pitm), iprp) + _box(b"mdat", bytes(9))


@pytest.mark.parametrize("large", [False, True])
def test_those_of_the_main_picture_count(large: bool) -> None:
    properties = [_nclx(1, 13), _box(b"ispe", bytes(12)), _nclx(12, 13)]
    assert code_points(io.BytesIO(_file(properties, [2, 3], large=large))) == (12, 13)
    assert code_points(io.BytesIO(_file(properties, [2, 1], item=7, large=large))) == (1, 13)
    assert code_points(io.BytesIO(_file(properties, [2], large=large))) == (1, 13)  # those of its tiles


def test_a_profile_is_no_code_points() -> None:
    assert code_points(io.BytesIO(_file([_box(b"colr", b"prof", bytes(200))], [1]))) is None
    assert code_points(io.BytesIO(_file([], []))) is None


@pytest.mark.parametrize("points", [(1, 13), (12, 13), (9, 16), (9, 18)])
def test_files_that_a_library_wrote(tmp_path: Path, points: tuple[int, int]) -> None:
    primaries, transfer = points
    pillow_heif.from_pillow(Image.new("RGB", (64, 64))).save(
        tmp_path / "a.heic",
        color_primaries=primaries,
        transfer_characteristics=transfer,
        matrix_coefficients=6,
        full_range_flag=1,
        save_nclx_profile=True,
    )
    with (tmp_path / "a.heic").open("rb") as file:
        assert code_points(file) == points


def test_an_avif_that_a_library_wrote(tmp_path: Path) -> None:
    Image.new("RGB", (64, 64)).save(tmp_path / "a.avif")
    with (tmp_path / "a.avif").open("rb") as file:
        assert code_points(file) == (1, 13)


@given(st.data())
def test_damage_is_no_error(data: st.DataObject) -> None:
    file = bytearray(_file([_nclx(12, 13)], [1]))
    for _ in range(data.draw(st.integers(1, 5))):
        file[data.draw(st.integers(0, len(file) - 1))] = data.draw(st.integers(0, 255))
    code_points(io.BytesIO(file[: data.draw(st.integers(0, len(file)))]))
