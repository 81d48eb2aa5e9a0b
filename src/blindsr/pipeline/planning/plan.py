"""Planning of inputs and outputs: files, folders and patterns become pairs of source and target."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from blindsr import images
from blindsr.errors import BlindSRError, Code
from blindsr.images import formats
from blindsr.pipeline.planning import locations
from blindsr.pipeline.planning.locations import Location

TEMPLATE = "{stem}_x{scale}"


@dataclass(frozen=True)
class Job:
    """One file to restore."""

    source: Location
    target: Location
    error: BlindSRError | None = None
    """Error that is known before reading."""

    @property
    def map(self) -> Location:
        """Target of the residual map, named after the result."""
        name = f"{locations.name_of(self.target)}.residual.png"
        return locations.join(locations.parent_of(self.target), name)


@dataclass(frozen=True)
class Naming:
    """Naming of results in a folder."""

    scale: float | str
    """Value of ``{scale}``; text if the factor differs between images."""
    model: str = ""
    """Value of ``{model}``."""
    template: str = TEMPLATE
    """``{stem}`` is the input's name without extension. A template without extension keeps that of the input, or uses
    .png if that cannot be written or is a GIF of one frame."""


@dataclass(frozen=True)
class Root:
    """Part of the inputs that is listed separately: a file, a folder, or a folder tree."""

    place: Location
    out: Location
    """Output folder; for ``named``, the output file."""
    kind: str = "file"
    """``file``, ``named`` (a file with an explicit output file), ``folder``, ``tree``, or ``error``."""
    top: Location | None = None
    """Folder given by the user that contains this one."""
    results: Location | None = None
    """Folder of all results, excluded from the inputs."""
    visited: tuple[str, ...] = ()
    """Linked folders that were already visited."""
    error: BlindSRError | None = None
    """Error while listing."""


def plan(inputs: Sequence[str | os.PathLike[str]], out: str, naming: Naming) -> list[Job]:
    """Plan the target of every result, and check targets before any computation.

    A single file may be written to a file; everything else goes to a folder, which keeps the folder structure. Inputs
    that cannot be restored, such as folders that cannot be listed, become jobs with an error.

    Args:
        inputs: files, folders (searched recursively) and patterns such as ``holiday/*.jpg``; paths or URLs.
        out: output file for a single input, else a folder. A name without extension is a folder.
        naming: naming of results.

    Raises:
        BlindSRError: no images, two results with the same name, or a target that cannot be written.
    """
    jobs: list[Job] = []
    chosen: dict[Location, Location] = {}
    for root in roots(inputs, out, naming):
        for job in list_jobs(root, naming):
            if job.error is None and job.target in chosen:
                if not _same(chosen[job.target], job.source):
                    raise _clash(chosen[job.target], job.source, job.target)
                continue  # given twice
            if job.error is None:
                chosen[job.target] = job.source
            jobs.append(job)
    if not jobs:
        raise BlindSRError(f"no images found in {', '.join(map(str, inputs))}", Code.NO_IMAGES)
    return jobs


def find_sources(inputs: Sequence[str | os.PathLike[str]]) -> list[Job]:
    """List the images of files, folders and patterns, as jobs without targets.

    Raises:
        BlindSRError: there are no images.
    """
    found: dict[str, Job] = {}
    for root in _expanded(inputs, None):
        for one in _found(root, None):
            found.setdefault(locations.identity(one.place), Job(one.place, Path(), one.error))
    if not found:
        raise BlindSRError(f"no images found in {', '.join(map(str, inputs))}", Code.NO_IMAGES)
    return list(found.values())


def roots(inputs: Sequence[str | os.PathLike[str]], out: str, naming: Naming) -> list[Root]:
    """Split the inputs into parts that are listed separately.

    Raises:
        BlindSRError: no images, a target that cannot be written, or two results with the same name.
    """
    folder = locations.parse_location(out)
    found = _expanded(inputs, folder)
    errors = [root.error for root in found if root.error is not None]
    if found and len(errors) == len(found):
        raise BlindSRError("; ".join(map(str, errors)), errors[0].code)
    files = [root for root in found if root.kind == "file"]
    if _is_file_name(out, folder):
        if len(found) == len(files) == 1:
            _check_file(folder)
            return [Root(files[0].place, folder, "named")]
        if locations.suffix_of(folder) in formats.WRITTEN:
            raise BlindSRError(
                f"several images need an output folder, but {out} has a file extension; add / if it is a folder"
            )
    _check_folder(folder)
    _check_template(naming)
    _check_apart(files, naming)
    return found


def list_jobs(root: Root, naming: Naming) -> Iterator[Job]:
    """List the images of a root and their targets.

    Raises:
        BlindSRError: two results have the same name.
    """
    if root.kind == "named":
        yield Job(root.place, root.out)
        return
    chosen: dict[Location, Location] = {}
    for one in _found(root, naming):
        job = _named(one, root.out, naming)
        if job.error is None and chosen.setdefault(job.target, job.source) != job.source:
            raise _clash(chosen[job.target], job.source, job.target)
        yield job


@dataclass(frozen=True)
class _Image:
    """A file, and the folders between it and the root."""

    place: Location
    below: tuple[str, ...] = ()
    error: BlindSRError | None = None


def _expanded(inputs: Iterable[str | os.PathLike[str]], out: Location | None) -> list[Root]:
    found: dict[tuple[str, str], Root] = {}
    for given in inputs:
        for root in _roots_of(given, out):
            found.setdefault((locations.absolute(root.place), str(root.out)), root)
    return list(found.values())


def _roots_of(given: str | os.PathLike[str], out: Location | None) -> Iterator[Root]:
    place, to = locations.parse_location(given), Path() if out is None else out
    try:
        kind = locations.kind_of(place)
        if kind == "folder":
            yield from _roots_of_folder(place, to, out)
        elif kind == "file":
            yield Root(place, to)
        elif _is_pattern(place):
            matched = [Root(one, to) for one in locations.glob_files(place)]
            yield from matched or [
                Root(place, to, "error", error=BlindSRError(f"no file matches {given}", Code.FILE_NOT_FOUND))
            ]
        elif locations.suffix_of(place) in formats.READ:
            yield Root(place, to)  # reading it raises the error
        else:
            what = "folder" if str(given).endswith(("/", os.sep)) else "file"
            yield Root(place, to, "error", error=BlindSRError(f"{what} {given} does not exist", Code.FILE_NOT_FOUND))
    except OSError as error:
        yield Root(
            place, to, "error", error=BlindSRError(f"cannot read {given}: {error.strerror or error}", Code.CANNOT_READ)
        )


def _is_pattern(place: Location) -> bool:
    return any(mark in str(place) for mark in "*?[")


def _roots_of_folder(folder: Location, to: Location, out: Location | None) -> Iterator[Root]:
    """Return a folder without its subfolders, and each subfolder."""
    yield Root(folder, to, "folder", folder, out)
    visited: set[str] = set()
    try:
        below = _folders(locations.entries(folder), folder, out, visited)
    except OSError:
        return  # listing the folder raises the error
    for one in below:
        yield Root(one, locations.join(to, locations.name_of(one)), "tree", folder, out, tuple(sorted(visited)))


def _found(root: Root, naming: Naming | None) -> Iterator[_Image]:
    if root.kind == "error":
        yield _Image(root.place, error=root.error)
    elif root.kind == "file":
        yield _Image(root.place)
    else:
        yield from _walked(root, root.place, (), naming, set(root.visited))


def _walked(
    root: Root, folder: Location, below: tuple[str, ...], naming: Naming | None, visited: set[str]
) -> Iterator[_Image]:
    """Yield the images of a folder, then those of its subfolders."""
    try:
        found = locations.entries(folder)
    except OSError as error:
        reason = BlindSRError(f"cannot list folder {folder}: {error.strerror or error}", Code.CANNOT_READ)
        yield _Image(folder, below, reason)
        return
    pictures = [
        entry.place
        for entry in found
        if entry.kind in ("file", "broken") and locations.suffix_of(entry.place) in formats.READ and not _hidden(entry)
    ]
    if naming is not None and _same(folder, locations.join(root.out, *below)):
        pictures = _without_results(pictures, naming)
    yield from (_Image(one, below) for one in pictures)
    if root.kind == "tree":
        for one in _folders(found, root.top or root.place, root.results, visited):
            yield from _walked(root, one, (*below, locations.name_of(one)), naming, visited)


def _folders(
    found: list[locations.Entry], top: Location, results: Location | None, visited: set[str]
) -> list[Location]:
    """Return the subfolders to visit: without hidden ones and the results; linked ones once.

    Links to the searched folder or its parents are skipped, since their files are found anyway.
    """
    kept = []
    for entry in found:
        if entry.kind != "folder" or _hidden(entry):
            continue
        if results is not None and not _same(top, results) and _same(entry.place, results):
            continue
        if entry.link or visited:
            real = locations.identity(entry.place)
            if entry.link and (_leads_to_visited(top, entry.place) or locations.is_within(top, entry.place)):
                continue
            if real in visited:
                continue
            visited.add(real)
        kept.append(entry.place)
    return kept


def _leads_to_visited(top: Location, link: Location) -> bool:
    """Whether a link leads to a folder that is visited anyway."""
    if not locations.is_within(link, top):
        return False
    return not any(part.startswith(".") for part in Path(os.path.relpath(os.path.realpath(link), top)).parts)


def _hidden(entry: locations.Entry) -> bool:
    return locations.name_of(entry.place).startswith(".")


def _without_results(pictures: Sequence[Location], naming: Naming) -> list[Location]:
    """Return the images of a folder without those that are results of others in it."""
    made = {one: _named(_Image(one), locations.parent_of(one), naming) for one in pictures}
    # An image that would be written to itself is not a result: writing it is refused later
    jobs = [job for one, job in made.items() if job.error is None and job.target != one]
    results = {locations.name_of(place) for job in jobs for place in (job.target, job.map)}
    return [one for one in pictures if locations.name_of(one) not in results or made[one].target == one]


def _named(one: _Image, out: Location, naming: Naming) -> Job:
    """Return the job of an image: its target or an error."""
    folder = locations.join(out, *one.below)
    if one.error is not None:
        return Job(one.place, folder, one.error)
    if locations.name_of(one.place).startswith("."):
        return Job(one.place, folder, BlindSRError(f"{one.place} is a hidden file; rename it to restore it"))
    try:
        return Job(one.place, locations.join(folder, result_name(one.place, naming)))
    except BlindSRError as error:
        return Job(one.place, folder, error)


def result_name(source: Location, naming: Naming, content: Location | None = None) -> str:
    """Return the file name of a result.

    Args:
        source: the image.
        naming: naming of results.
        content: file of the image, if it is stored under another name.

    Raises:
        BlindSRError: the template does not give a file name.
    """
    stem, suffix = os.path.splitext(locations.name_of(source))  # noqa: PTH122  # of URLs as well
    name = _filled(naming, stem)
    if not name or name.startswith(".") or "/" in name or os.sep in name:
        raise BlindSRError(f"the template {naming.template!r} gives {name!r} for {source}, which is not a file name")
    if Path(name).suffix.lower() in formats.WRITTEN:
        return name
    if suffix.lower() == ".gif" and not locations.is_animated(content or source):
        return f"{name}.png"  # which takes all of its new colours
    return name + (formats.written_suffix(suffix) or ".png")


def _filled(naming: Naming, stem: str) -> str:
    scale = naming.scale if isinstance(naming.scale, str) else f"{naming.scale:g}"
    try:
        return naming.template.format(stem=stem, scale=scale, model=naming.model)
    except (KeyError, IndexError, ValueError, AttributeError, TypeError) as error:
        message = f"the template {naming.template!r} supports {{stem}}, {{scale}} and {{model}}, not {error}"
        raise BlindSRError(message) from None


def _check_template(naming: Naming) -> None:
    """Check that a template gives valid file names."""
    result_name(Path("image.png"), naming)


def _check_apart(files: Sequence[Root], naming: Naming) -> None:
    """Check that results of single files differ."""
    chosen: dict[Location, Location] = {}
    for root in files:
        job = _named(_Image(root.place), root.out, naming)
        other = chosen.setdefault(job.target, job.source)
        if job.error is None and other != job.source:
            raise _clash(other, job.source, job.target)


def _clash(first: Location, second: Location, target: Location) -> BlindSRError:
    return BlindSRError(
        f"{first} and {second} would both be written to {target}; restore them separately", Code.NAME_CLASH
    )


def _same(first: Location, second: Location) -> bool:
    return first == second or (type(first) is type(second) and locations.identity(first) == locations.identity(second))


def _is_file_name(out: str, place: Location) -> bool:
    """Whether an output is a file: it has an extension, no trailing separator, and is not an existing folder."""
    if out.endswith(("/", os.sep)) or not locations.suffix_of(place):
        return False
    return not (isinstance(place, Path) and place.is_dir())


def _check_file(place: Location) -> None:
    if isinstance(place, Path):
        images.check_output(place)
    elif locations.suffix_of(place) not in formats.WRITTEN:
        raise BlindSRError(
            f"cannot write {place}: unsupported extension; expected one of {', '.join(formats.WRITTEN)}",
            Code.CANNOT_WRITE,
        )


def _check_folder(place: Location) -> None:
    """Check that a folder exists or can be created, without creating it."""
    if not isinstance(place, Path):
        return
    nearest = next(path for path in (place, *place.absolute().parents) if path.exists())
    if not nearest.is_dir():
        raise BlindSRError(f"cannot write to folder {place}: {nearest} is a file", Code.CANNOT_WRITE)
    if not os.access(nearest, os.W_OK):
        raise BlindSRError(f"cannot write to folder {place}: {nearest} is not writable", Code.CANNOT_WRITE)
