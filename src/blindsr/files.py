"""Files that are there whole or not at all."""

import os
import re
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PART = re.compile(r"\.[0-9a-f]{16}\..*")


def remove_parts(folder: Path) -> None:
    """Remove what `beside` left in a folder where it was killed; only for a folder that nobody else writes to."""
    for path in folder.iterdir():
        if _PART.fullmatch(path.name):
            path.unlink()


@contextmanager
def beside(path: Path) -> Iterator[Path]:
    """Yield a path beside ``path`` to write to; on success it takes the place of ``path`` in one step.

    What is replaced hands on its permissions; of a symbolic link, the file that it points to is replaced.

    The bytes reach the disk before the name does, so a crash leaves the old file or the new one. On failure the new
    one is removed and the error goes on.
    """
    # Of its own length, for a name may already be as long as the file system allows.
    place = path.resolve() if path.is_symlink() else path
    part = place.with_name(f".{secrets.token_hex(8)}{path.suffix}")
    try:
        yield part
        with part.open("r+b") as file:  # Windows brings only what may be written to the disk
            os.fsync(file.fileno())
        if place.exists():
            part.chmod(stat.S_IMODE(place.stat().st_mode))
        part.replace(place)
    finally:
        with suppress(OSError):  # where even that fails, the first error is the one to tell of
            part.unlink(missing_ok=True)
