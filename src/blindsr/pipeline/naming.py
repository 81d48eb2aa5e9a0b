"""From what a user names (files, folders, patterns) to pairs of a file to read and a file to write."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from blindsr import images
from blindsr.errors import BlindSRError

TEMPLATE = "{stem}_x{scale}"


@dataclass(frozen=True)
class Job:
    """One photograph to restore."""

    source: Path
    target: Path

    @property
    def map(self) -> Path:
        """Where to draw what the result leaves open; by its whole name, for there may be ``a.jpg`` and ``a.png``."""
        return self.target.with_name(f"{self.target.name}.residual.png")


@dataclass(frozen=True)
class Naming:
    """What results are called in a folder."""

    scale: float | str
    """Fills ``{scale}``; a text where each image has a factor of its own."""
    model: str = ""
    """Fills ``{model}``."""
    template: str = TEMPLATE
    """``{stem}`` is the input's name without its ending; without an ending, the result has the input's, or .png where
    that cannot be written or is GIF and no animation."""


@dataclass(frozen=True)
class _Found:
    """A file, and the folder below the output's that it goes to."""

    path: Path
    below: Path = Path()


def plan(inputs: Sequence[Path], out: str, naming: Naming) -> list[Job]:
    """Decide where every result goes, and find out what cannot work before anything is computed.

    A single file may be written to a file; everything else goes to a folder, in which the trees of folders are kept.

    Args:
        inputs: files, folders (searched recursively) and patterns such as ``holiday/*.jpg``.
        out: a file, or a folder if there are several inputs, if it is there already, or if it ends with a separator.
        naming: what results are called.

    Raises:
        BlindSRError: nothing to read, two results of one name, or a place that cannot be written to.
    """
    folder = Path(out)
    found = list(_expand(inputs, folder, naming))
    if not found:
        raise BlindSRError(f"found no image in {', '.join(map(str, inputs))}")
    alone = len(inputs) == len(found) == 1 and not inputs[0].is_dir()
    if alone and not folder.is_dir() and not out.endswith(("/", os.sep)):
        images.check_output(folder)
        return [Job(found[0].path, folder)]
    _check_folder(folder)
    chosen: dict[Path, Path] = {}
    for one in found:
        target = folder / one.below / result_name(one.path, naming)
        if target in chosen:
            raise BlindSRError(f"{chosen[target]} and {one.path} would both be written to {target}; upscale them apart")
        chosen[target] = one.path
    return [Job(source, target) for target, source in chosen.items()]


def sources(inputs: Sequence[Path]) -> list[Path]:
    """The files that files, folders and patterns name.

    Raises:
        BlindSRError: there are none.
    """
    found = [one.path for one in _expand(inputs)]
    if not found:
        raise BlindSRError(f"found no image in {', '.join(map(str, inputs))}")
    return found


def listed(path: Path) -> list[str]:
    """The files that a text file names, one a line; empty lines and lines that begin with # do not count."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise BlindSRError(f"cannot read the list {path}: {reason}") from None
    return [line for line in lines if line.strip() and not line.startswith("#")]


def _expand(inputs: Iterable[Path], out: Path | None = None, naming: Naming | None = None) -> Iterator[_Found]:
    for given in inputs:
        if given.is_dir():
            paths = _images(given, out)
            if out is not None and naming is not None and out.resolve() == given.resolve():
                paths = _without_results(paths, naming)
            yield from (_Found(path, path.parent.relative_to(given)) for path in paths)
        elif not given.exists() and any(mark in str(given) for mark in "*?["):
            yield from (_Found(path) for path in _matches(given))
        else:
            yield _Found(given)


def _images(folder: Path, out: Path | None) -> list[Path]:
    """Images below a folder in sorted order; hidden files and earlier results are not among them."""
    results = folder if out is None else out
    found = (path for path in folder.rglob("*") if path.suffix.lower() in images.SUFFIXES and path.is_file())
    return sorted(
        path
        for path in found
        if not any(part.startswith(".") for part in path.relative_to(folder).parts)
        and (results.resolve() == folder.resolve() or results.resolve() not in path.resolve().parents)
    )


def _without_results(paths: Sequence[Path], naming: Naming) -> list[Path]:
    """Images of a folder that results go to as well, but those that are results of others among them."""
    made = {path: path.with_name(result_name(path, naming)) for path in paths}
    # What would be written to its own place is no result: it is for `plan` to refuse
    jobs = [Job(path, target) for path, target in made.items() if target != path]
    results = {place for job in jobs for place in (job.target, job.map)}
    return [path for path in paths if path not in results or made[path] == path]


def _matches(pattern: Path) -> list[Path]:
    root = Path(pattern.anchor)
    matches = sorted(path for path in root.glob(str(pattern.relative_to(root))) if path.is_file())
    if not matches:
        raise BlindSRError(f"no file matches {pattern}")
    return matches


def result_name(source: Path, naming: Naming) -> str:
    """What the result of a file is called.

    Raises:
        BlindSRError: a template that makes no name of it.
    """
    template = naming.template
    try:
        name = template.format(stem=source.stem, scale=_scale(naming.scale), model=naming.model)
    except (KeyError, IndexError, ValueError, AttributeError, TypeError) as error:
        raise BlindSRError(f"the name {template!r} knows {{stem}}, {{scale}} and {{model}}, not {error}") from None
    if not name or name.startswith(".") or "/" in name or os.sep in name:
        raise BlindSRError(f"the name {template!r} makes {name!r} of {source}, which is not the name of a file")
    if Path(name).suffix.lower() in images.SUFFIXES:
        return name
    # A GIF of one frame becomes PNG, which takes all of its new colours.
    still = source.suffix.lower() not in images.SUFFIXES or (
        source.suffix.lower() == ".gif" and not images.is_animated(source)
    )
    return name + (".png" if still else source.suffix)


def _scale(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:g}"


def _check_folder(folder: Path) -> None:
    """Refuse a folder that is not there and cannot be made, without making it."""
    nearest = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not nearest.is_dir():
        raise BlindSRError(f"cannot write to the folder {folder}: {nearest} is a file; choose another")
    if not os.access(nearest, os.W_OK):
        raise BlindSRError(f"cannot write to the folder {folder}: {nearest} is not writable; choose another")
