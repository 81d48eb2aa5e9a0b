"""Locations of files: local paths, and URLs of stores such as S3 through fsspec."""

import os
import posixpath
import re
import secrets
import stat
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import gettempdir, mkdtemp
from threading import Lock
from typing import Any, Literal, TypeAlias

from blindsr import files, images
from blindsr.errors import BlindSRError, Code
from blindsr.files import OutputExistsError
from blindsr.parts import part_folder

Location: TypeAlias = Path | str
"""A local path, or the URL of a file or folder in a store."""

_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")
_LOCAL = frozenset({"file", "local"})
_ATOMIC = frozenset({"s3", "s3a", "gs", "gcs", "abfs", "az", "memory"})
"""Stores whose writes are atomic."""


@dataclass(frozen=True)
class Entry:
    """Entry of a folder."""

    place: Location
    kind: Literal["file", "folder", "broken", "other"]
    """Links have the kind of their target; dangling links are ``broken``."""
    link: bool = False


def parse_location(text: str | os.PathLike[str]) -> Location:
    """Parse a path or URL.

    Raises:
        BlindSRError: no installed library supports the store.
    """
    match = _URL.match(text) if isinstance(text, str) else None
    if match is None:
        return Path(text)
    path = _opened(str(text))[1]
    return Path(path) if match[1] in _LOCAL else str(text)


def name_of(place: Location) -> str:
    """Last component."""
    return place.name if isinstance(place, Path) else posixpath.basename(place.rstrip("/"))


def suffix_of(place: Location) -> str:
    """Extension in lower case."""
    return posixpath.splitext(name_of(place))[1].lower()


def join(folder: Location, *parts: str) -> Location:
    """Join components to a folder."""
    if isinstance(folder, Path):
        return folder.joinpath(*parts)
    return "/".join([folder.rstrip("/"), *(part for part in parts if part)])


def parent_of(place: Location) -> Location:
    """Parent folder."""
    return place.parent if isinstance(place, Path) else place.rstrip("/").rpartition("/")[0]


def identity(place: Location) -> str:
    """Canonical name, links resolved."""
    if isinstance(place, Path):
        return os.path.realpath(place)
    store, path = _opened(place)
    return str(store.unstrip_protocol(path)).rstrip("/")


def absolute(place: Location) -> str:
    """Absolute location; links are kept."""
    return os.path.abspath(place) if isinstance(place, Path) else identity(place)  # noqa: PTH100  # without ..


def is_within(place: Location, folder: Location) -> bool:
    """Whether a location is a folder or lies in it."""
    inner, outer = identity(place), identity(folder).rstrip("/")
    return type(place) is type(folder) and f"{inner}/".startswith(f"{outer}/")


def kind_of(place: Location) -> Literal["file", "folder", "missing"]:
    """Kind of a location, links followed.

    Raises:
        OSError: a parent folder is not accessible, or a store does not respond.
    """
    if isinstance(place, Path):
        try:
            return "folder" if stat.S_ISDIR(place.stat().st_mode) else "file"
        except (FileNotFoundError, NotADirectoryError):
            return "missing"
        except ValueError as error:  # a null byte in the name
            raise OSError(str(error)) from None
    store, path = _opened(place)
    return "folder" if store.isdir(path) else "file" if store.exists(path) else "missing"


def entries(folder: Location) -> list[Entry]:
    """Entries of a folder, sorted by name.

    Raises:
        OSError: the folder cannot be listed.
    """
    if not isinstance(folder, Path):
        return _entries_of_store(folder)
    with os.scandir(folder) as found:
        made = [Entry(folder / one.name, _kind(one), one.is_symlink()) for one in found]
    return sorted(made, key=lambda entry: name_of(entry.place))


def _kind(entry: "os.DirEntry[str]") -> Literal["file", "folder", "broken", "other"]:
    try:
        if entry.is_dir():
            return "folder"
        if entry.is_file():
            return "file"
        return "broken" if entry.is_symlink() and not os.path.exists(entry.path) else "other"  # noqa: PTH110
    except OSError:  # circular links, or no permission
        return "broken"


def _entries_of_store(folder: str) -> list[Entry]:
    store, path = _opened(folder)
    own = path.rstrip("/")
    listing = [one for one in store.ls(path, detail=True) if one["name"].rstrip("/") != own]
    return [
        Entry(store.unstrip_protocol(one["name"]), "folder" if one["type"] == "directory" else "file")
        for one in sorted(listing, key=lambda one: str(one["name"]))
    ]


def glob_files(pattern: Location) -> list[Location]:
    """Return the files that match a pattern such as ``holiday/*.jpg``, sorted."""
    if isinstance(pattern, Path):
        root = Path(pattern.anchor)
        found = root.glob(str(pattern.relative_to(root)))
        return sorted(path for path in found if os.path.isfile(path))  # noqa: PTH113  # which raises nothing
    store, path = _opened(pattern)
    listing = store.glob(path, detail=True)
    return [str(store.unstrip_protocol(one)) for one in sorted(listing) if listing[one]["type"] != "directory"]


def modification_time(place: Location) -> float | None:
    """Time of the last change, seconds since 1970; None if there is no file, 0 if the store does not report it."""
    if isinstance(place, Path):
        try:
            return place.stat().st_mtime
        except OSError:
            return None
    store, path = _opened(place)
    try:
        return float(store.modified(path).timestamp())
    except FileNotFoundError:
        return None
    except NotImplementedError:
        return 0.0 if store.exists(path) else None


def check_new(place: Location, *, overwrite: bool) -> None:
    """Check before the work that a file can be created.

    Raises:
        OutputExistsError: the file exists and must not be replaced.
    """
    if isinstance(place, Path):
        files.check_new(place, overwrite=overwrite)
    elif not overwrite and modification_time(place) is not None:
        raise OutputExistsError(place)


def is_animated(place: Location) -> bool:
    """Whether a file has several frames; False if unknown."""
    if isinstance(place, Path):
        return images.is_animated(place)
    with Workspace() as work, suppress(BlindSRError):
        return images.is_animated(work.fetch(place))
    return False


class Workspace:
    """Temporary local copies of files in stores, and of results to upload.

    The temporary folder is created on demand and removed at the end. Thread-safe.
    """

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._making = Lock()
        self._stack = ExitStack()
        self._shown: dict[str, str] = {}

    def __enter__(self) -> "Workspace":
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def fetch(self, source: Location | bytes, name: str = "image") -> Path:
        """Return a local path with the content of a file.

        Args:
            source: location, or content of the file.
            name: file name for content.

        Raises:
            BlindSRError: the file cannot be read.
        """
        if isinstance(source, Path):
            return source
        try:
            if isinstance(source, bytes):
                path = self._new(name, "the image")
                path.write_bytes(source)
            else:
                store, there = _opened(source)
                path = self._new(name_of(source), source)
                store.get_file(there, str(path))
        except (OSError, ValueError) as error:
            raise BlindSRError(
                f"{source if isinstance(source, str) else 'the image'} cannot be read: {error}", Code.CANNOT_READ
            ) from None
        return path

    def prepare(self, target: Location) -> Path:
        """Return a local path to write to, before `deliver`."""
        return target if isinstance(target, Path) else self._new(name_of(target), target)

    def temporary(self, name: str) -> Path:
        """Return a temporary local path with a name.

        Raises:
            BlindSRError: temporary files cannot be created.
        """
        return self._new(name, "the result")

    def with_original_names(self, text: str) -> str:
        """Replace paths of local copies in a message by the original locations."""
        for path, shown in self._shown.items():
            text = text.replace(path, shown)
        return text

    def deliver(self, made: Path, target: Location, *, overwrite: bool = True) -> None:
        """Move or upload a file to its target, atomically.

        Args:
            made: path returned by `prepare`.
            target: as passed to `prepare`.
            overwrite: replace an existing file.

        Raises:
            OutputExistsError: the file exists and must not be replaced.
            BlindSRError: it cannot be written.
        """
        if isinstance(target, Path):
            return
        store, path = _opened(target)
        try:
            _put(store, made, path, overwrite=overwrite)
        except FileExistsError:
            raise OutputExistsError(target) from None
        except (OSError, ValueError) as error:
            raise BlindSRError(f"cannot write {target}: {error}", Code.CANNOT_WRITE) from None
        finally:
            self.discard(made)

    def discard(self, path: Path) -> None:
        """Remove a temporary file of this workspace."""
        if self._folder is not None and self._folder in path.parents:
            path.unlink(missing_ok=True)
            with suppress(OSError):  # other files are left in it
                path.parent.rmdir()
            self._shown.pop(str(path), None)

    def _new(self, name: str, shown: str) -> Path:
        try:
            with self._making:
                if self._folder is None:
                    self._folder = self._stack.enter_context(part_folder(Path(gettempdir())))
            path = Path(mkdtemp(dir=self._folder)) / name
        except OSError as error:
            reason = error.strerror or error
            raise BlindSRError(
                f"cannot create a temporary folder for {shown} ({reason}); set TMPDIR", Code.CANNOT_WRITE
            ) from None
        self._shown[str(path)] = shown
        return path


def _put(store: Any, source: Path, path: str, *, overwrite: bool) -> None:
    store.makedirs(posixpath.dirname(path), exist_ok=True)
    if _protocols(store) & _ATOMIC:
        _check_absent(store, path, overwrite=overwrite)
        store.put_file(str(source), path, mode="overwrite" if overwrite else "create")
        return
    part = f"{path}.{secrets.token_hex(4)}"
    try:
        store.put_file(str(source), part)
        _check_absent(store, path, overwrite=overwrite)  # these stores have no rename that fails if the target exists
        store.mv(part, path)
    finally:
        with suppress(OSError):
            store.rm_file(part)


def _check_absent(store: Any, path: str, *, overwrite: bool) -> None:
    if not overwrite:
        store.invalidate_cache()
        if store.exists(path):
            raise FileExistsError(path)


def _opened(url: str) -> tuple[Any, str]:
    """Return the store of a URL and the path within it."""
    from fsspec.core import url_to_fs  # noqa: PLC0415  # loads much that local files do not need

    try:
        store, path = url_to_fs(url)
    except (ImportError, ValueError) as error:
        raise BlindSRError(f"cannot reach {url}: {error}", Code.UNREACHABLE) from None
    return store, str(path)


def _protocols(store: Any) -> set[str]:
    """Return the protocol names of a store."""
    return {store.protocol} if isinstance(store.protocol, str) else set(store.protocol)
