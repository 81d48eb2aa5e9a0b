import io
import zipfile
from pathlib import Path

from blindsr.web.api import archive


def test_files_come_back_each_under_a_name_of_its_own(tmp_path: Path) -> None:
    contents = {"a": b"1" * 700_000, "b": b"", "c": b"3"}
    for name, data in contents.items():
        (tmp_path / name).write_bytes(data)
    entries = [
        ("x.png", tmp_path / "a"),
        ("X.png", tmp_path / "b"),
        ("x.png", tmp_path / "c"),
        ("gone", tmp_path / "d"),
    ]
    parts = list(archive.pieces(entries))
    assert max(map(len, parts)) < 2**19
    with zipfile.ZipFile(io.BytesIO(b"".join(parts))) as found:
        assert found.testzip() is None
        assert found.namelist() == ["x.png", "X-2.png", "x-3.png"]
        assert [found.read(name) for name in found.namelist()] == list(contents.values())
