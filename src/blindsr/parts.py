"""Temporary folders for files being written, removed even after a process was killed."""

import os
import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_HEAD = ".blindsr-"
"""Prefix of the names of the hidden folders."""
_LOCK = "lock"
"""File in each hidden folder that is locked while its process uses the folder."""
_swept: set[Path] = set()
"""Folders from which this process has already removed abandoned folders."""


@contextmanager
def part_folder(parent: Path) -> Iterator[Path]:
    """Create a hidden folder, and remove it at the end with its content.

    A file that is written there can be moved to ``parent`` atomically. Hidden folders of killed processes are removed
    when this process writes to ``parent`` for the first time. They are recognised by their locks, which the system
    releases when a process ends; process numbers would not work between containers or machines that share the disk. The
    temporary files themselves are not locked, because some network shares then forbid writing to them.

    Args:
        parent: an existing folder.

    Raises:
        OSError: the folder cannot be created.
    """
    if parent not in _swept:
        _swept.add(parent)
        remove_abandoned(parent)
    folder, lock = _create(parent)
    try:
        yield folder
    finally:
        os.close(lock)  # first, because Windows removes no open file
        shutil.rmtree(folder, ignore_errors=True)  # an error during the work is the one to report


def remove_abandoned(parent: Path) -> None:
    """Remove the hidden folders in a folder whose processes have ended, as far as the file system reports it."""
    with suppress(OSError):
        for entry in list(os.scandir(parent)):
            # A link would lead to files that are not ours
            if entry.name.startswith(_HEAD) and entry.is_dir(follow_symlinks=False):
                with suppress(OSError):
                    _remove_if_abandoned(parent / entry.name)


def _create(parent: Path) -> tuple[Path, int]:
    """Create and lock a hidden folder; retry if another process removed it before it was locked."""
    while True:
        folder = parent / f"{_HEAD}{secrets.token_hex(8)}"
        folder.mkdir()
        with suppress(FileNotFoundError):
            lock = os.open(folder / _LOCK, os.O_CREAT | os.O_EXCL | os.O_RDWR)
            if _is_ours(lock, folder / _LOCK):
                return folder, lock
            os.close(lock)


def _is_ours(lock: int, path: Path) -> bool:
    """Whether this process holds a lock that was just created; also true if locks are not supported."""
    try:
        _acquire(lock)
    except BlockingIOError:
        return False
    except OSError:
        pass
    return path.exists()


def _remove_if_abandoned(folder: Path) -> None:
    """Remove a hidden folder unless its lock is held.

    Raises:
        OSError: the lock is held, or the folder cannot be removed.
    """
    try:
        lock = os.open(folder / _LOCK, os.O_RDWR)
    except FileNotFoundError:  # killed before it was locked, or about to be locked: then `_create` takes another
        folder.rmdir()
        return
    try:
        _acquire(lock)
        for path in folder.iterdir():
            if path.name != _LOCK:  # last, so that a folder without it is empty
                path.unlink()
        if sys.platform != "win32":  # where no open file can be removed
            (folder / _LOCK).unlink()
    finally:
        os.close(lock)
    shutil.rmtree(folder)


def _acquire(lock: int) -> None:
    """Lock a file without waiting.

    Raises:
        BlockingIOError: another process holds the lock.
        OSError: the file system has no locks.
    """
    if sys.platform == "win32":
        try:
            msvcrt.locking(lock, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            raise BlockingIOError(error.errno, error.strerror) from None
    else:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
