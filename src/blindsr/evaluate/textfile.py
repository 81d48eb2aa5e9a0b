"""Text files that are there whole or not at all."""

import os
from pathlib import Path

from blindsr.errors import BlindSRError
from blindsr.files import beside


def check_writable(path: Path) -> None:
    """Refuse a place where `write` would fail; asked before the work begins."""
    if path.is_dir() or not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        raise BlindSRError(f"cannot write {path}: name a file in a folder that exists and is writable")


def write(text: str, path: Path) -> None:
    """Write beside and rename; an existing file is replaced in one step."""
    try:
        with beside(path) as part:
            part.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BlindSRError(f"cannot write {path}: {error.strerror}") from None
