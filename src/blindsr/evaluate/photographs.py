"""Files of real photographs: LR images of unknown degradation, with or without their originals."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from blindsr import files
from blindsr.errors import BlindSRError, Code
from blindsr.evaluate.folder import data_sets_of, image_files, subfolders

_ROLE = re.compile(r"(?i)[_-]?(?:(?P<hr>hr|gt)|(?P<lr>lr)(?:x?\d)?|x\d)$")
"""Suffixes of the names of LR and HR images, as in ``Canon_001_HR`` and ``Canon_001_LR4``."""


@dataclass(frozen=True)
class Photograph:
    """An LR image, and the original if there is one."""

    name: str
    lr: Path
    hr: Path | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Possible names of results: the common name of the pair, or that of either image."""
        given = (self.name, self.lr.stem, self.hr.stem if self.hr else self.name)
        return tuple(dict.fromkeys(given))


@dataclass(frozen=True)
class PhotographSet:
    """A folder of photographs."""

    name: str
    photographs: tuple[Photograph, ...]
    whole: bool = True
    """Whether these are all of its photographs; published means are over all photographs."""


def unpaired(folders: Iterable[Path], limit: int | None = None) -> list[PhotographSet]:
    """Return sets of LR images without originals; otherwise as `folder.data_sets_of`."""
    return [
        PhotographSet(one.name, tuple(Photograph(path.stem, path) for path in one.paths), one.whole)
        for one in data_sets_of(folders, limit)
    ]


def paired(folders: Sequence[Path], lr: Path | None = None, limit: int | None = None) -> list[PhotographSet]:
    """Return sets of pairs of LR and HR images.

    A folder contains subfolders ``LR`` and ``HR``, files ``<name>_LR*`` and ``<name>_HR``, or further such folders; or
    it contains the HR images, and ``lr`` the LR images. The images of a pair have the same name, except for a suffix
    such as ``_HR``, ``_LR4`` or ``x4``.

    Args:
        folders: such as ``bench/RealSR``.
        lr: folder of the LR images, if it is separate.
        limit: maximum number of pairs of each set, in the order of their names.

    Raises:
        BlindSRError: there are no pairs, an image has no partner, or several folders have the same name.
    """
    if lr is not None:
        if len(folders) != 1:
            raise BlindSRError("--lr needs one folder of HR images, given with --data", Code.MISSING_OPTION)
        found = [_pairs(folders[0].resolve().name, _listed(lr), _listed(folders[0]))]
    else:
        found = [one for folder in folders for one in _sets(folder)]
    twice = [name for name, count in Counter(one.name for one in found).items() if count > 1]
    if twice:
        raise BlindSRError(f"two folders of pairs have the name {twice[0]}; rename one", Code.NAME_CLASH)
    return [_first(one, limit) for one in found]


def pairs_below(folders: Iterable[Path], limit: int | None = None) -> list[PhotographSet]:
    """Return the sets of pairs in folders and their subfolders; folders without pairs are skipped."""
    places = [place for folder in folders if folder.is_dir() for place in (folder, *subfolders(folder))]
    return [_first(one, limit) for one in map(_set, places) if one]


def _sets(folder: Path) -> list[PhotographSet]:
    """Return the set of pairs in a folder, or one set for each of its subfolders with pairs."""
    files.check_folder(folder, "pairs of LR and HR images")
    own = _set(folder)
    found = [own] if own else [one for one in map(_set, subfolders(folder)) if one]
    if not found:
        raise BlindSRError(
            f"{folder} contains no pairs: subfolders LR and HR, or files NAME_LR and NAME_HR; or name the folder of HR "
            "images with --data and that of LR images with --lr",
            Code.NO_IMAGES,
        )
    return found


def _set(folder: Path) -> PhotographSet | None:
    by_role = {sub.name.lower(): sub for sub in subfolders(folder)}
    if {"lr", "hr"} <= set(by_role):
        return _pairs(folder.resolve().name, _listed(by_role["lr"]), _listed(by_role["hr"]))
    images = image_files(folder)
    lr, hr = ([path for path in images if _is(path, role)] for role in ("lr", "hr"))
    return _pairs(folder.resolve().name, lr, hr) if lr and hr else None


def _pairs(name: str, lr: Sequence[Path], hr: Sequence[Path]) -> PhotographSet:
    """Match images by their names, or by their names without the suffix that distinguishes LR from HR."""
    by_stem: Callable[[Path], str] = lambda path: path.stem  # noqa: E731  # one of two ways to name a file
    same = {path.stem for path in lr} == {path.stem for path in hr}
    key = by_stem if same else _common
    low, high = ({key(path): path for path in paths} for paths in (lr, hr))
    for paths, keyed in ((lr, low), (hr, high)):
        if len(keyed) < len(paths):
            clash = next(path for path in paths if keyed[key(path)] != path)
            raise BlindSRError(f"{clash} and {keyed[key(clash)]} have the same name", Code.NAME_CLASH)
    alone = sorted(set(low) ^ set(high))
    if alone:
        path, missing = (low[alone[0]], "HR") if alone[0] in low else (high[alone[0]], "LR")
        raise BlindSRError(f"{path} has no {missing} image of the same name", Code.FILE_NOT_FOUND)
    return PhotographSet(name, tuple(Photograph(one, low[one], high[one]) for one in sorted(low)))


def _listed(folder: Path) -> list[Path]:
    if not folder.is_dir() or not image_files(folder):
        raise BlindSRError(f"no images found in {folder}", Code.NO_IMAGES)
    return image_files(folder)


def _first(one: PhotographSet, limit: int | None) -> PhotographSet:
    if limit is None or limit >= len(one.photographs):
        return one
    return PhotographSet(one.name, one.photographs[:limit], whole=False)


def _is(path: Path, role: str) -> bool:
    match = _ROLE.search(path.stem)
    return bool(match and match[role])


def _common(path: Path) -> str:
    return _ROLE.sub("", path.stem)
