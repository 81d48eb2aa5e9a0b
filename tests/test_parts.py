"""Part files of living processes stay, those of killed ones go."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blindsr import parts
from blindsr.parts import part_folder, remove_abandoned

# Writes to a part file, says so, and waits to be ended.
_WRITER = """
import sys
from pathlib import Path
from blindsr.parts import part_folder
with part_folder(Path(sys.argv[1])) as folder:
    (folder / "part.png").write_bytes(b"half")
    print("ready", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def writer() -> Callable[[Path], "subprocess.Popen[bytes]"]:
    """Start another process that writes a part file into a folder."""

    def start(folder: Path) -> "subprocess.Popen[bytes]":
        process = subprocess.Popen(
            [sys.executable, "-c", _WRITER, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        return process

    return start


def _hidden(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.name.startswith(".blindsr-")]


def test_parts_of_a_killed_process_are_removed_by_the_next_and_those_of_a_living_one_stay(
    tmp_path: Path, writer: Callable[[Path], "subprocess.Popen[bytes]"]
) -> None:
    with writer(tmp_path) as killed, writer(tmp_path) as living:
        assert len(_hidden(tmp_path)) == 2
        killed.kill()
        killed.wait()
        with part_folder(tmp_path) as mine:
            (mine / "part.png").write_bytes(b"half")
            theirs = [path for path in _hidden(tmp_path) if path != mine]
            assert [(path / "part.png").read_bytes() for path in theirs] == [b"half"]
            remove_abandoned(tmp_path)  # as another process might, at any time
            assert sorted(_hidden(tmp_path)) == sorted([mine, *theirs])
        living.communicate(b"")
        assert living.returncode == 0
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_searched_once(tmp_path: Path) -> None:
    with part_folder(tmp_path):
        pass
    (tmp_path / ".blindsr-0").mkdir()
    with part_folder(tmp_path):
        assert (tmp_path / ".blindsr-0").exists()


@given(st.sampled_from([".blindsr-0", ".blindsr-x/lock", ".blindsr-x/lock", "blindsr-0", ".hidden/lock"]))
def test_only_parts_are_removed(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    folder = tmp_path_factory.mktemp("folder")
    path = folder / name
    (path if path.name != "lock" else path.parent).mkdir(parents=True)
    if path.name == "lock":
        path.write_bytes(b"")
        path.with_name("made.tif").write_bytes(b"large")
    remove_abandoned(folder)
    assert path.exists() != name.startswith(".blindsr-")


def test_what_is_not_ours_to_judge_stays(tmp_path: Path) -> None:
    (tmp_path / ".blindsr-0").mkdir()
    (tmp_path / ".blindsr-0" / "letter.txt").write_text("no lock, so no part file")
    (tmp_path / ".blindsr-file").write_text("no folder")
    remove_abandoned(tmp_path)
    assert len(list(tmp_path.rglob("*"))) == 3


def test_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "lock").write_text("of another program")
    (tmp_path / "work" / "thesis.tex").write_text("years")
    (tmp_path / ".blindsr-0").symlink_to(tmp_path / "work")
    remove_abandoned(tmp_path)
    assert (tmp_path / "work" / "thesis.tex").exists()


def test_a_folder_that_is_removed_before_it_is_locked_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    acquire, calls = parts._acquire, []

    def removed_first(lock: int) -> None:
        calls.append(lock)
        if len(calls) == 1:  # the other process opens the lock, gets it, and removes the folder
            monkeypatch.setattr(parts, "_acquire", acquire)
            remove_abandoned(tmp_path)
            monkeypatch.setattr(parts, "_acquire", removed_first)
        acquire(lock)

    monkeypatch.setattr(parts, "_acquire", removed_first)
    with part_folder(tmp_path) as folder:
        assert len(calls) == 2
        assert _hidden(tmp_path) == [folder]
    assert list(tmp_path.iterdir()) == []


def test_file_systems_without_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unsupported(_lock: int) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(parts, "_acquire", unsupported)
    with part_folder(tmp_path) as folder:
        remove_abandoned(tmp_path)
        assert folder.is_dir()
    assert list(tmp_path.iterdir()) == []


def test_an_error_is_not_hidden_by_what_cannot_be_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_arguments: object, **_options: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "rmdir", refused)
    with pytest.raises(ZeroDivisionError), part_folder(tmp_path):
        raise ZeroDivisionError
