"""LR images of a suite: created from the originals, and compared with the stored SHA-256 sums."""

from collections.abc import Callable, Sequence
from pathlib import Path

from torch import Tensor

from blindsr import files, images
from blindsr.benchmark.originals import Source
from blindsr.benchmark.suite import Case, combined_digest, digest
from blindsr.errors import BlindSRError, Code
from blindsr.pixels import to_bytes

Notice = Callable[[str], None]
"""Receives a line for each finished case."""


def prepare(
    source: Source,
    chosen: Sequence[tuple[Case, tuple[str, ...]]],
    out: Path,
    *,
    overwrite: bool = False,
    notice: Notice | None = None,
) -> int:
    """Write LR images to ``out/<case>/<data set>/<image>.png``; existing images are kept and checked.

    Args:
        source: the suite and its original images.
        chosen: cases and their data sets, from `Suite.select`.
        out: output folder, which is created if necessary.
        overwrite: replace files that exist.
        notice: called with each finished case and data set.

    Returns:
        The number of images.

    Raises:
        BlindSRError: an original is missing, another file exists, or a sum differs from that of the suite.
    """
    count = 0
    for case, data_sets in chosen:
        for data_set in data_sets:
            digests = []
            for item in source.items(case, data_set):
                lr = source.lr(item)
                _write(lr, out / case.name / data_set / f"{item.image}.png", overwrite=overwrite)
                digests.append(digest(lr))
            if not case.pairs:  # pairs were found by their own sums
                check(case, data_set, digests)
            count += len(digests)
            if notice is not None:
                notice(f"{case.name}: {data_set}, {len(digests)} images")
    return count


def check(case: Case, data_set: str, digests: Sequence[str]) -> None:
    """Compare the SHA-256 sum of LR images with the stored one.

    Raises:
        BlindSRError: the sums differ, so results would not be comparable.
    """
    found = combined_digest(digests)
    if found != case.sha256[data_set]:
        raise BlindSRError(
            f"the LR images of {case.name} from {data_set} have the SHA-256 sum {found[:16]} instead of "
            f"{case.sha256[data_set][:16]}; results on them cannot be compared. Please report this with the "
            "processor and the versions",
            Code.IMPLAUSIBLE_RESULT,
        )


def _write(lr: Tensor, path: Path, *, overwrite: bool) -> None:
    if path.exists() and not overwrite:
        if digest(to_bytes(images.read(path).pixels)) == digest(lr):
            return
        raise files.OutputExistsError(path)
    files.make_folder(path.parent)
    images.write(images.Picture(lr.float() / 255), path, overwrite=overwrite)
