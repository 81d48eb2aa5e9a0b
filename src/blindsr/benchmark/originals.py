"""Files of original images, identified by their pixels instead of their names and folders."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from blindsr import files, images
from blindsr.benchmark.suite import Case, Suite, digest
from blindsr.errors import BlindSRError, Code
from blindsr.evaluate.folder import image_files
from blindsr.pixels import to_bytes

_LEAST = 11
"""Smallest side without the border that SSIM supports, pixels."""


@dataclass(frozen=True)
class Originals:
    """Original images, by the SHA-256 of their pixels."""

    paths: dict[str, Path]
    folders: str
    """Folders that were searched, for messages."""

    @classmethod
    def find(cls, folders: Sequence[Path]) -> "Originals":
        """Read all images in folders and their subfolders.

        Raises:
            BlindSRError: a folder is missing, or there are no images.
        """
        paths = [path for folder in folders for path in _tree(folder)]
        if not paths:
            raise BlindSRError(f"{', '.join(map(str, folders))} contains no images", Code.NO_IMAGES)
        return cls({digest(read_levels(path)): path for path in paths}, ", ".join(map(str, folders)))

    def read(self, sha256: str, what: str) -> Tensor:
        """Read the 8-bit values ``(3, h, w)`` of the image with a SHA-256 sum; ``what`` describes it in the message.

        Raises:
            BlindSRError: no file has these pixels.
        """
        if sha256 not in self.paths:
            raise BlindSRError(
                f"no image in {self.folders} has the pixels of {what}; the suite needs the published files, not copies "
                "that were cropped or compressed",
                Code.FILE_NOT_FOUND,
            )
        return read_levels(self.paths[sha256])


@dataclass(frozen=True)
class Item:
    """An image of a case."""

    case: Case
    data_set: str
    image: str


@dataclass(frozen=True)
class Source:
    """The images of a suite."""

    suite: Suite
    originals: Originals

    def items(self, case: Case, data_set: str) -> list[Item]:
        """Return all images of a case and a data set, in the order of the suite."""
        return [Item(case, data_set, image) for image in self.suite.data_sets[data_set]]

    def lr(self, item: Item) -> Tensor:
        """Return the LR image ``(3, h, w)``, uint8.

        Raises:
            BlindSRError: the original is missing.
        """
        if item.case.pairs:
            sha256 = item.case.pairs[item.data_set][item.image]
            return self.originals.read(sha256, f"the LR image of {item.image} of {item.data_set}")
        return self.suite.degrade(item.case, item.data_set, item.image, self._original(item))

    def hr(self, item: Item) -> Tensor:
        """Return the HR image ``(1, 3, h, w)`` in [0, 1], cropped to a multiple of the scale.

        Raises:
            BlindSRError: the original is missing or too small to be measured.
        """
        cropped = images.modcrop(self._original(item), item.case.scale)
        if min(cropped.shape[1:]) < 2 * item.case.measured.border + _LEAST:
            raise BlindSRError(f"{item.image} of {item.data_set} is too small to be measured", Code.TOO_SMALL)
        return cropped[None].float() / 255

    def _original(self, item: Item) -> Tensor:
        wanted = self.suite.data_sets[item.data_set][item.image]
        what = f"{item.image} of {item.data_set} ({wanted.size[0]}x{wanted.size[1]} pixels)"
        return self.originals.read(wanted.sha256, what)


def read_levels(path: Path) -> Tensor:
    """Read the 8-bit values ``(3, h, w)`` of a file, as integers; gray is replicated to three channels."""
    return to_bytes(images.read(path).pixels)


def _tree(folder: Path) -> Iterator[Path]:
    files.check_folder(folder, "HR images")
    yield from image_files(folder)
    for sub in _subfolders(folder):
        yield from _tree(sub)


def _subfolders(folder: Path) -> Iterable[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir() and not path.is_symlink())
