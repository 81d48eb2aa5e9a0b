"""Files wherever fsspec finds them: on disks, in S3 and in other stores."""

import posixpath
import secrets
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from blindsr import images
from blindsr.errors import BlindSRError
from blindsr.files import PlaceTakenError
from blindsr.pipeline.naming import Job, Naming, result_name

_WHOLE = frozenset({"s3", "s3a", "gs", "gcs", "abfs", "az", "memory"})
"""Stores in which a file is there whole or not at all by themselves."""


@dataclass(frozen=True)
class Root:
    """A part of what is to be restored, small enough to be listed by one process."""

    place: str
    """A file or folder, as fsspec names it."""
    out: str
    """The folder that its results go to."""
    deep: bool = True
    """Whether a folder's folders belong to it."""
    results: str = ""
    """The folder of all results, which is left out where it lies inside."""


def roots(inputs: list[str], out: str, naming: Naming) -> list[Root]:
    """What is to be listed: each folder by itself and each folder in it, each pattern's matches, each file.

    Raises:
        BlindSRError: there is no such file or folder, no library for such a place, an output that is named like a file,
            or two files whose results have one name.
    """
    if posixpath.splitext(out)[1].lower() in images.SUFFIXES:
        raise BlindSRError(f"a cluster writes to a folder, and {out} is named like a file; end it with /")
    found: list[Root] = []
    files: list[str] = []
    for given in inputs:
        fs, path = _open(given)
        if fs.isdir(path):
            found += _parts(given, out)
        elif fs.exists(path):
            files.append(given)
        elif any(mark in path for mark in "*?["):
            matches = fs.glob(path, detail=True)
            files += [fs.unstrip_protocol(one) for one in sorted(matches) if matches[one]["type"] != "directory"]
        else:
            raise BlindSRError(f"there is no file {given}")
    found += _apart(files, out, naming)
    if not found:
        raise BlindSRError(f"found no image in {', '.join(inputs)}")
    return found


def _parts(folder: str, out: str) -> list[Root]:
    """A folder by itself, and each folder in it."""
    fs, path = _open(folder)
    below = sorted(one["name"] for one in fs.ls(path, detail=True) if one["type"] == "directory")
    kept = [one for one in below if not _name(one).startswith(".") and not _same(fs, one, out)]
    return [
        Root(folder, out, deep=False),
        *(Root(fs.unstrip_protocol(one), _join(out, _name(one)), results=out) for one in kept),
    ]


def _apart(files: list[str], out: str, naming: Naming) -> list[Root]:
    """Single files, none of which has the result of another."""
    chosen: dict[str, str] = {}
    for one in files:
        name = result_name(Path(_open(one)[1]), naming)
        if name in chosen:
            raise BlindSRError(
                f"{chosen[name]} and {one} would both be written to {_join(out, name)}; upscale them apart"
            )
        chosen[name] = one
    return [Root(one, out) for one in files]


def listed(root: Root, naming: Naming) -> Iterator[tuple[str, str]]:
    """Each image below a root, and where its result goes.

    Raises:
        BlindSRError: two results of one name.
    """
    fs, path = _open(root.place)
    local = _is_local(fs)
    chosen: dict[str, str] = {}
    for one in _images(fs, path, root) if fs.isdir(path) else [path]:
        below = posixpath.dirname(posixpath.relpath(one, path)) if one != path else ""
        name = result_name(Path(one), naming)
        target, source = _join(root.out, below, name), one if local else str(fs.unstrip_protocol(one))
        if target in chosen:
            raise BlindSRError(f"{chosen[target]} and {source} would both be written to {target}; upscale them apart")
        chosen[target] = source
        yield source, target


def modified(place: str) -> float | None:
    """When a file was last written, seconds since 1970; None if it is not there."""
    fs, path = _open(place)
    try:
        return float(fs.modified(path).timestamp())
    except FileNotFoundError:
        return None
    except NotImplementedError:
        return 0.0 if fs.exists(path) else None


class Workplace:
    """A folder that files of other stores are restored in; those on disks stay where they are."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def fetch(self, source: str, target: str) -> Job:
        """Bring an image here, and say where to put its result for `deliver`.

        Raises:
            BlindSRError: it cannot be had.
        """
        place = self._folder / secrets.token_hex(4)
        return Job(self._brought(source, place), self._waiting(target, place))

    def deliver(self, job: Job, target: str, *, overwrite: bool = True) -> None:
        """Bring a result to where it belongs, whole or not at all, and forget what was fetched for it.

        Args:
            job: what `fetch` returned for it.
            target: as it was given to `fetch`.
            overwrite: replace a file that is there by now.

        Raises:
            BlindSRError: it cannot be brought there.
            PlaceTakenError: there is a file, and it must not be replaced.
        """
        fs, path = _open(target)
        try:
            if not _is_local(fs):
                self._put(fs, job.target, path, overwrite=overwrite)
        except FileExistsError:
            raise PlaceTakenError(target) from None
        except (OSError, ValueError) as error:
            raise BlindSRError(f"cannot write {target}: {error}") from None
        finally:
            self.forget(job)

    @staticmethod
    def _put(fs: Any, source: Path, path: str, *, overwrite: bool) -> None:
        fs.makedirs(posixpath.dirname(path), exist_ok=True)
        if _names(fs) & _WHOLE:
            _check_absent(fs, path, overwrite=overwrite)
            fs.put_file(str(source), path, mode="overwrite" if overwrite else "create")
            return
        part = f"{path}.{secrets.token_hex(4)}"
        try:
            fs.put_file(str(source), part)
            _check_absent(fs, path, overwrite=overwrite)  # these stores know no rename that refuses
            fs.mv(part, path)
        finally:
            with suppress(OSError):
                fs.rm_file(part)

    def forget(self, job: Job) -> None:
        """Remove what was fetched for a job."""
        for path in (job.source, job.target):
            if self._folder in path.parents:
                shutil.rmtree(path.parent, ignore_errors=True)

    def _brought(self, source: str, place: Path) -> Path:
        fs, path = _open(source)
        if _is_local(fs):
            return Path(path)
        place.mkdir(exist_ok=True)
        try:
            fs.get_file(path, str(place / _name(path)))
        except (OSError, ValueError) as error:
            raise BlindSRError(f"{source} cannot be read: {error}") from None
        return place / _name(path)

    def _waiting(self, target: str, place: Path) -> Path:
        fs, path = _open(target)
        if _is_local(fs):
            return Path(path)
        made = place.with_name(f"{place.name}.out")
        made.mkdir()
        return made / _name(path)


def _check_absent(fs: Any, path: str, *, overwrite: bool) -> None:
    if not overwrite:
        fs.invalidate_cache()
        if fs.exists(path):
            raise FileExistsError(path)


def _images(fs: Any, folder: str, root: Root) -> list[str]:
    listing = fs.find(folder, detail=True).values() if root.deep else fs.ls(folder, detail=True)
    results = _below(fs, folder, root.results) if root.results else ""
    return sorted(
        one["name"]
        for one in listing
        if one["type"] != "directory"
        and posixpath.splitext(one["name"])[1].lower() in images.SUFFIXES
        and not any(part.startswith(".") for part in posixpath.relpath(one["name"], folder).split("/"))
        and not (results and one["name"].startswith(results))
    )


def _below(fs: Any, folder: str, place: str) -> str:
    """What the paths of files in a place begin with, if it lies below a folder; else nothing."""
    other, path = _open(place)
    return f"{path.rstrip('/')}/" if type(fs) is type(other) and path.startswith(f"{folder.rstrip('/')}/") else ""


def _open(place: str) -> tuple[Any, str]:
    """The file system of a place, and what it is called there."""
    try:
        from fsspec.core import url_to_fs  # noqa: PLC0415  # an extra
    except ImportError:
        raise BlindSRError("a cluster needs other libraries: pip install 'blindsr[cluster]'") from None
    try:
        fs, path = url_to_fs(place)
    except (ImportError, ValueError) as error:
        raise BlindSRError(f"{place} cannot be reached: {error}") from None
    return fs, str(path)


def _is_local(fs: Any) -> bool:
    return "file" in _names(fs)


def _same(fs: Any, path: str, place: str) -> bool:
    other, elsewhere = _open(place)
    return type(fs) is type(other) and path.rstrip("/") == elsewhere.rstrip("/")


def _name(path: str) -> str:
    return posixpath.basename(path.rstrip("/"))


def _join(*parts: str) -> str:
    first, *others = parts
    return "/".join([first.rstrip("/"), *(part for part in others if part)])


def _names(fs: Any) -> set[str]:
    """What the kind of a store is called in front of ``://``."""
    return {fs.protocol} if isinstance(fs.protocol, str) else set(fs.protocol)
