import io
import os
import sys
from pathlib import Path

import pytest

from blindsr.errors import BlindSRError, Code
from blindsr.pipeline.planning.lists import read_list


def test_lists(tmp_path: Path) -> None:
    (tmp_path / "list").write_text("# comment\n\na b.png\nc/d.png\n", encoding="utf-8")
    assert read_list(tmp_path / "list") == ["a b.png", "c/d.png"]
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00")
    for name in ("bytes", "missing"):
        with pytest.raises(BlindSRError, check=Code.CANNOT_READ.matches):
            read_list(tmp_path / name)


_NAMES = ["a b.jpg", "ü/日.png", "cd.png"]


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_lists_in_any_encoding_of_text(
    tmp_path: Path, encoding: str, ends: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = ends.join([*_NAMES, "", "# no name", ""]).encode(encoding)
    (tmp_path / "list").write_bytes(data)
    assert read_list(tmp_path / "list") == _NAMES
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    assert read_list(Path("-")) == _NAMES


def test_names_that_are_not_utf8_are_found_by_their_bytes(tmp_path: Path) -> None:
    (tmp_path / "list").write_bytes(b"caf\xe9.png\n")
    assert [os.fsencode(name) for name in read_list(tmp_path / "list")] == [b"caf\xe9.png"]


def test_lists_that_are_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "image").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
    with pytest.raises(BlindSRError, check=Code.CANNOT_READ.matches):
        read_list(tmp_path / "image")
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(BlindSRError, check=Code.CANNOT_READ.matches):
        read_list(Path("-"))
