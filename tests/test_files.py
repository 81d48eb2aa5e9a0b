"""A file is there whole or not at all."""

import fcntl
import os
from pathlib import Path

import pytest

from blindsr.files import beside


def test_success_replaces_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"old")
    with beside(path) as part:
        assert part.suffix == ".png"
        part.write_bytes(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"old")

    def fail() -> None:
        with beside(path) as part:
            part.write_bytes(b"ne")
            raise RuntimeError("halfway")

    with pytest.raises(RuntimeError, match="halfway"):
        fail()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_what_is_replaced_hands_on_its_permissions(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"old")
    path.chmod(0o600)
    with beside(path) as part:
        part.write_bytes(b"new")
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("there", [True, False])
def test_a_link_stays_one(tmp_path: Path, there: bool) -> None:
    (tmp_path / "folder").mkdir()
    real, link = tmp_path / "folder" / "real.bin", tmp_path / "link.png"
    if there:
        real.write_bytes(b"old")
    link.symlink_to(real)
    with beside(link) as part:
        assert part.suffix == ".png"
        part.write_bytes(b"new")
    assert link.is_symlink()
    assert real.read_bytes() == b"new"
    assert sorted(tmp_path.rglob("*")) == [tmp_path / "folder", real, link]


def test_what_reaches_the_disk_was_opened_to_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flags = []
    monkeypatch.setattr("os.fsync", lambda number: flags.append(fcntl.fcntl(number, fcntl.F_GETFL)))
    with beside(tmp_path / "a.png") as part:
        part.write_bytes(b"new")
    assert [flag & os.O_ACCMODE for flag in flags] == [os.O_RDWR]
