"""Atomic writing of files, and checks before it."""

import errno
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from blindsr.errors import BlindSRError, Code
from blindsr.parts import part_folder

_LARGEST_TEXT = 2**26


class OutputExistsError(BlindSRError):
    """An output file exists and may not be replaced."""

    code = Code.FILE_EXISTS

    def __init__(self, path: Path | str) -> None:
        super().__init__(f"{path} already exists; replace it with --overwrite or choose another name")
        self.path = path

    def __reduce__(self) -> tuple[type["OutputExistsError"], tuple[Path | str]]:
        return type(self), (self.path,)


def check_new(path: Path, others: Iterable[Path] = (), *, overwrite: bool = False) -> None:
    """Check before the work that a path may be written.

    Args:
        path: of a file that is to be written.
        others: files of the same work, which it must not replace.
        overwrite: replace any other file that is there.

    Raises:
        BlindSRError: there is a file, or it is one of the others.
    """
    if any(path.resolve() == other.resolve() for other in others):
        raise BlindSRError(f"{path} is used twice; choose another name", Code.NAME_CLASH)
    if path.exists() and not overwrite:
        raise OutputExistsError(path)


def check_writable(path: Path) -> None:
    """Check before the work that `write_file` can succeed.

    Raises:
        BlindSRError: it is a folder, or its folder does not exist or is not writable.
    """
    if path.is_dir() or not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        raise BlindSRError(f"cannot write {path}: its folder does not exist or is not writable", Code.CANNOT_WRITE)


def write_file(path: Path, content: bytes | str, *, overwrite: bool = True) -> None:
    """Write bytes, or text as UTF-8, to a file.

    Raises:
        BlindSRError: it cannot be written, or it exists and must not be replaced.
    """
    data = content.encode() if isinstance(content, str) else content
    try:
        with atomic_write(path, overwrite=overwrite) as part:
            part.write_bytes(data)
            check_size(part, len(data))
    except OSError as error:
        raise BlindSRError(f"cannot write {path}: {error.strerror or error}", Code.CANNOT_WRITE) from None


def read_text(path: Path) -> str:
    """The text of a UTF-8 file.

    Raises:
        BlindSRError: it cannot be read, is no text, or larger than any that this package writes.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST_TEXT + 1)
        if len(data) > _LARGEST_TEXT:
            raise BlindSRError(f"cannot read {path}: larger than {_LARGEST_TEXT / 1e6:.0f} MB", Code.TOO_LARGE)
        return data.decode()
    except OSError as error:
        raise BlindSRError(f"cannot read {path}: {error.strerror}", Code.CANNOT_READ) from None
    except UnicodeDecodeError:
        raise BlindSRError(f"cannot read {path}: not a text file", Code.CANNOT_READ) from None


def check_size(path: Path, size: int) -> None:
    """Compare a file that was just written with the number of bytes that it should have.

    Raises:
        OSError: they differ; some file systems report a quota in no other way.
    """
    found = path.stat().st_size
    if found != size:
        raise OSError(errno.EIO, f"{found} of {size} bytes were written")


@contextmanager
def atomic_write(path: Path, *, overwrite: bool = True) -> Iterator[Path]:
    """Write a file atomically: yield a temporary path next to ``path``, and rename it on success.

    A replaced file hands on its permissions; of a symbolic link, the file that it points to is replaced.

    The bytes reach the disk before the name does, so a crash leaves the old file or the new one. On failure the new
    one is removed and the error is raised. Other files in the folder of the yielded path are removed at the end.

    Args:
        path: of the file.
        overwrite: replace a file that is there by then, even if it appeared during the work.

    Raises:
        OutputExistsError: there is a file, and it must not be replaced.
    """
    place = path.resolve() if path.is_symlink() else path
    with part_folder(place.parent) as folder:
        part = folder / f"part{path.suffix}"
        yield part
        with part.open("r+b") as file:  # Windows flushes only what was opened for writing
            os.fsync(file.fileno())
        if overwrite:
            if place.exists():
                part.chmod(stat.S_IMODE(place.stat().st_mode))
            part.replace(place)
        else:
            _rename_to_new(part, place, path)


def _rename_to_new(part: Path, place: Path, path: Path) -> None:
    """Give a file its name only if no other file has it, which ``rename`` does not guarantee."""
    try:
        try:
            place.hardlink_to(part)
        except FileExistsError:
            raise
        except OSError:  # a file system without hard links, as FAT and some network shares
            _claim(place)
            try:
                part.replace(place)
            except OSError:
                place.unlink(missing_ok=True)
                raise
    except FileExistsError:
        raise OutputExistsError(path) from None


def _claim(place: Path) -> None:
    """Create an empty file, which no other process can do at the same time."""
    os.close(os.open(place, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
