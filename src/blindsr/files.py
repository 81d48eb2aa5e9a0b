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
        path: path of a file to write.
        others: inputs and other outputs, which it must not replace.
        overwrite: replace any other existing file.

    Raises:
        BlindSRError: the file exists, or is one of the others.
    """
    if any(path.resolve() == other.resolve() for other in others):
        raise BlindSRError(f"{path} is used twice; choose another name", Code.NAME_CLASH)
    if path.exists() and not overwrite:
        raise OutputExistsError(path)


def check_writable(path: Path) -> None:
    """Check before the work that `write_file` can succeed.

    Raises:
        BlindSRError: the path is a folder, or its folder does not exist or is not writable.
    """
    if path.is_dir() or not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        raise BlindSRError(f"cannot write {path}: its folder does not exist or is not writable", Code.CANNOT_WRITE)


def check_folder(folder: Path, content: str) -> None:
    """Check that a folder exists.

    Args:
        folder: path of the folder.
        content: what it should contain, for the message.

    Raises:
        BlindSRError: there is no such folder.
    """
    if not folder.is_dir():
        raise BlindSRError(f"folder {folder} does not exist; expected a folder of {content}", Code.FILE_NOT_FOUND)


def make_folder(folder: Path) -> None:
    """Create a folder and its parents if necessary.

    Raises:
        BlindSRError: the folder cannot be created.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BlindSRError(f"cannot create the folder {folder}: {error.strerror}", Code.CANNOT_WRITE) from None


def write_file(path: Path, content: bytes | str, *, overwrite: bool = True) -> None:
    """Write bytes, or text as UTF-8, to a file.

    Raises:
        BlindSRError: the file cannot be written, or exists and must not be replaced.
    """
    data = content.encode() if isinstance(content, str) else content
    try:
        with atomic_write(path, overwrite=overwrite) as part:
            part.write_bytes(data)
            check_size(part, len(data))
    except OSError as error:
        raise BlindSRError(f"cannot write {path}: {error.strerror or error}", Code.CANNOT_WRITE) from None


def read_text(path: Path) -> str:
    """Read a UTF-8 text file.

    Raises:
        BlindSRError: the file cannot be read, is not text, or is larger than any text file of this package.
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
    """Check that a written file has the expected number of bytes.

    Raises:
        OSError: the sizes differ; some file systems report an exceeded quota in no other way.
    """
    found = path.stat().st_size
    if found != size:
        raise OSError(errno.EIO, f"{found} of {size} bytes were written")


@contextmanager
def atomic_write(path: Path, *, overwrite: bool = True) -> Iterator[Path]:
    """Write a file atomically: yield a temporary path next to ``path``, and rename it on success.

    The permissions of a replaced file are kept; if the path is a symbolic link, its target is replaced.

    The content is flushed to the disk before the file is renamed, so a crash leaves either the old file or the new one.
    On failure, the temporary file is removed and the error is raised. Other files in the folder of the yielded path are
    removed at the end.

    Args:
        path: path of the file.
        overwrite: replace an existing file, including one that another process created in the meantime.

    Raises:
        OutputExistsError: the file exists and must not be replaced.
    """
    place = path.resolve() if path.is_symlink() else path
    with part_folder(place.parent) as folder:
        part = folder / f"part{path.suffix}"
        yield part
        with part.open("r+b") as file:  # Windows flushes only files opened for writing
            os.fsync(file.fileno())
        if overwrite:
            if place.exists():
                part.chmod(stat.S_IMODE(place.stat().st_mode))
            part.replace(place)
        else:
            _rename_to_new(part, place, path)


def _rename_to_new(part: Path, place: Path, path: Path) -> None:
    """Rename a file only if the new name does not exist, which ``rename`` does not guarantee."""
    try:
        try:
            place.hardlink_to(part)
        except FileExistsError:
            raise
        except OSError:  # file systems without hard links, such as FAT and some network shares
            _claim(place)
            try:
                part.replace(place)
            except OSError:
                place.unlink(missing_ok=True)
                raise
    except FileExistsError:
        raise OutputExistsError(path) from None


def _claim(place: Path) -> None:
    """Create an empty file; fails if another process has created it."""
    os.close(os.open(place, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
