"""Folders of test images and of results."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from blindsr import files
from blindsr.errors import BlindSRError, Code
from blindsr.images.formats import READ

_ADDED = re.compile(r"[-_.](?!\d+(?:[-_.]|$)).+")
_ORDER = ("set5", "set14", "bsd100", "urban100", "manga109")


@dataclass(frozen=True)
class DataSet:
    """A folder of HR test images."""

    name: str
    paths: tuple[Path, ...]
    whole: bool = True
    """Whether these are all of its images; published means are over all images."""


def data_sets(folder: Path, limit: int | None = None) -> list[DataSet]:
    """Return the data set in a folder, or one data set for each of its subfolders with images.

    Args:
        folder: such as ``bench/Set5``, or ``bench`` with the subfolders ``Set5``, ``Set14`` and ``BSD100``.
        limit: maximum number of images of each data set, in the order of their names.

    Raises:
        BlindSRError: there are no images, or the names of two of them differ only in their extension.
    """
    files.check_folder(folder, "HR images")
    own = _images(folder)
    found = [(folder.resolve().name, own)] if own else [(sub.name, _images(sub)) for sub in subfolders(folder)]
    sets = [DataSet(name, paths[:limit], limit is None or limit >= len(paths)) for name, paths in found if paths]
    if not sets:
        raise BlindSRError(f"no images found in {folder} or its subfolders ({', '.join(sorted(READ))})", Code.NO_IMAGES)
    return sorted(sets, key=_rank)


def data_sets_of(folders: Iterable[Path], limit: int | None = None) -> list[DataSet]:
    """Return the data sets of several folders, without duplicates.

    Raises:
        BlindSRError: as for `data_sets`, or two folders have the same name.
    """
    sets: dict[str, DataSet] = {}
    for one in (one for folder in folders for one in data_sets(folder, limit)):
        if sets.setdefault(one.name, one) != one:
            raise BlindSRError(f"two folders of HR images have the name {one.name}; rename one", Code.NAME_CLASH)
    return sorted(sets.values(), key=_rank)


def data_set_of(folders: Iterable[Path], limit: int | None = None) -> DataSet:
    """Return the only data set in some folders.

    Raises:
        BlindSRError: as for `data_sets_of`, or there are several data sets.
    """
    sets = data_sets_of(folders, limit)
    if len(sets) > 1:
        raise BlindSRError(f"expected one data set, got {', '.join(one.name for one in sets)}; name one folder")
    return sets[0]


class Results:
    """Folder of SR images from another program, matched to the test images by their names without extension."""

    def __init__(self, folder: Path) -> None:
        files.check_folder(folder, "SR images")
        self.folder = folder

    def check(self, protocols: Iterable[str]) -> None:
        """Check that the folder has a subfolder for each protocol, if there are several."""
        missing = [name for name in protocols if not (self.folder / name).is_dir()]
        if missing:
            raise BlindSRError(
                f"{self.folder} has no subfolder {missing[0]}; several protocols need one each", Code.FILE_NOT_FOUND
            )

    def find(self, protocol: str, data_set: str, *names: str) -> Path:
        """Find an SR image in ``<protocol>/<data set>``, ``<protocol>``, ``<data set>`` or the folder itself.

        Without an exact match, a file with an addition to the name is used, such as ``baby_x4.png``.

        Raises:
            BlindSRError: the image is missing, or two files match.
        """
        places = [self.folder / protocol / data_set, self.folder / protocol, self.folder / data_set, self.folder]
        place = next(place for place in places if place.is_dir())
        files = image_files(place)
        exact = [path for path in files if path.stem in names]
        found = exact or [path for path in files if any(_adds_to(path.stem, name) for name in names)]
        if len(found) != 1:
            many = f"{len(found)} results" if found else "no result"
            raise BlindSRError(
                f"{place} contains {many} for {names[0]}; expected one image of that name", Code.FILE_NOT_FOUND
            )
        return found[0]


def _adds_to(stem: str, name: str) -> bool:
    """Whether a name is another name with an addition; a number is not one, since it distinguishes images."""
    return stem.startswith(name) and _ADDED.fullmatch(stem[len(name) :]) is not None


def _images(folder: Path) -> tuple[Path, ...]:
    paths = image_files(folder)
    twice = [name for name, count in Counter(path.stem for path in paths).items() if count > 1]
    if twice:
        raise BlindSRError(
            f"{folder} contains several images called {twice[0]}; names without extension must differ", Code.NAME_CLASH
        )
    return tuple(paths)


def image_files(folder: Path) -> list[Path]:
    """Return the images directly in a folder, sorted by name."""
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in READ and path.is_file())


def subfolders(folder: Path) -> list[Path]:
    """Return the folders directly in a folder, sorted by name."""
    return sorted(path for path in folder.iterdir() if path.is_dir())


def _rank(data_set: DataSet) -> tuple[int, str]:
    name = data_set.name.lower()
    return (_ORDER.index(name) if name in _ORDER else len(_ORDER), name)
