"""A file is there whole or not at all, and replaces nothing without being told to."""

import fcntl
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from blindsr import files
from blindsr.errors import BlindSRError, Code
from blindsr.files import OutputExistsError, atomic_write


def test_success_replaces_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"old")
    with atomic_write(path) as part:
        assert part.suffix == ".png"
        part.write_bytes(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"old")

    def fail() -> None:
        with atomic_write(path) as part:
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
    with atomic_write(path) as part:
        part.write_bytes(b"new")
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("there", [True, False])
def test_a_link_stays_one(tmp_path: Path, there: bool) -> None:
    (tmp_path / "folder").mkdir()
    real, link = tmp_path / "folder" / "real.bin", tmp_path / "link.png"
    if there:
        real.write_bytes(b"old")
    link.symlink_to(real)
    with atomic_write(link, overwrite=there) as part:
        assert part.suffix == ".png"
        part.write_bytes(b"new")
    assert link.is_symlink()
    assert real.read_bytes() == b"new"
    assert sorted(tmp_path.rglob("*")) == [tmp_path / "folder", real, link]


def test_what_reaches_the_disk_was_opened_to_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flags = []
    monkeypatch.setattr("os.fsync", lambda number: flags.append(fcntl.fcntl(number, fcntl.F_GETFL)))
    with atomic_write(tmp_path / "a.png") as part:
        part.write_bytes(b"new")
    assert [flag & os.O_ACCMODE for flag in flags] == [os.O_RDWR]


@pytest.fixture(params=["links", "no links"])
def _with_and_without_links(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """FAT and some network file systems have no hard links."""

    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    if request.param == "no links":
        monkeypatch.setattr(Path, "hardlink_to", refuse)


@pytest.mark.usefixtures("_with_and_without_links")
def test_a_file_that_appears_during_the_work_stays(tmp_path: Path) -> None:
    path = tmp_path / "a.png"

    def work() -> None:
        with atomic_write(path, overwrite=False) as part:
            part.write_bytes(b"new")
            path.write_bytes(b"made by hand meanwhile")

    with pytest.raises(OutputExistsError, match="--overwrite"):
        work()
    assert path.read_bytes() == b"made by hand meanwhile"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.usefixtures("_with_and_without_links")
def test_a_new_file_is_created_with_the_usual_permissions(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    with atomic_write(path, overwrite=False) as part:
        part.write_bytes(b"new")
    (tmp_path / "usual").touch()
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode == (tmp_path / "usual").stat().st_mode
    assert path.stat().st_nlink == 1


@pytest.mark.usefixtures("_with_and_without_links")
def test_of_many_writers_one_succeeds(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"

    def attempt(number: int) -> int | None:
        try:
            files.write_file(path, str(number), overwrite=False)
        except OutputExistsError:
            return None
        return number

    with ThreadPoolExecutor(8) as pool:
        winners = [number for number in pool.map(attempt, range(40)) if number is not None]
    assert [path.read_text(encoding="utf-8")] == list(map(str, winners))
    assert list(tmp_path.iterdir()) == [path]


def test_a_place_that_was_only_claimed_is_given_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "hardlink_to", fail)
    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(BlindSRError, check=Code.CANNOT_WRITE.matches):
        files.write_file(tmp_path / "a.txt", "new", overwrite=False)
    assert not list(tmp_path.iterdir())


def test_text_is_utf_8_and_bytes_stay(tmp_path: Path) -> None:
    for content in ("new ü", "new ü".encode()):
        files.write_file(tmp_path / "a", content)
        assert (tmp_path / "a").read_bytes() == b"new \xc3\xbc"


def test_a_full_disk_leaves_the_old_file(
    tmp_path: Path, largest_file: Callable[[int], AbstractContextManager[None]]
) -> None:
    path = tmp_path / "out.json"
    path.write_text("old", encoding="utf-8")
    with largest_file(100), pytest.raises(BlindSRError, check=Code.CANNOT_WRITE.matches):
        files.write_file(path, bytes(1000))
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_bytes_that_are_missing_are_noticed(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(bytes(10))
    files.check_size(tmp_path / "a", 10)
    with pytest.raises(OSError, match="10 of 11 bytes"):
        files.check_size(tmp_path / "a", 11)


def test_text_is_read_up_to_a_limit(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("ü", encoding="utf-8")
    assert files.read_text(path) == "ü"
    os.truncate(path, 3 * 2**30)
    with pytest.raises(BlindSRError, check=Code.TOO_LARGE.matches):
        files.read_text(path)
    path.write_bytes(b"\xff\xfe\0")
    for place in (path, tmp_path, tmp_path / "none"):
        with pytest.raises(BlindSRError, check=Code.CANNOT_READ.matches):
            files.read_text(place)


def test_places_that_cannot_be_written(tmp_path: Path) -> None:
    files.check_writable(tmp_path / "out.json")
    for path in (tmp_path, tmp_path / "missing" / "out.json"):
        with pytest.raises(BlindSRError, check=Code.CANNOT_WRITE.matches):
            files.check_writable(path)


def test_a_place_that_is_taken(tmp_path: Path) -> None:
    there = tmp_path / "a.png"
    there.touch()
    files.check_new(tmp_path / "new.png", [there])
    files.check_new(there, overwrite=True)
    with pytest.raises(OutputExistsError, match="--overwrite"):
        files.check_new(there)
    with pytest.raises(BlindSRError, check=Code.NAME_CLASH.matches):
        files.check_new(tmp_path / "x" / ".." / "a.png", [there], overwrite=True)


def test_folders_are_created_and_checked(tmp_path: Path) -> None:
    files.make_folder(tmp_path / "a" / "b")
    files.make_folder(tmp_path / "a" / "b")
    files.check_folder(tmp_path / "a" / "b", "images")
    (tmp_path / "file").touch()
    with pytest.raises(BlindSRError, match="cannot create the folder") as error:
        files.make_folder(tmp_path / "file" / "c")
    assert error.value.code == Code.CANNOT_WRITE
    with pytest.raises(BlindSRError, match="expected a folder of images") as error:
        files.check_folder(tmp_path / "file", "images")
    assert error.value.code == Code.FILE_NOT_FOUND
