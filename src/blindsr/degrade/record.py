"""Records of degradations in JSON."""

import json
from pathlib import Path

from blindsr.degrade.process import Degradation
from blindsr.degrade.realworld.photo import PhotoDegradation
from blindsr.degrade.realworld.second_order import RealisticDegradation
from blindsr.errors import BlindSRError, Code
from blindsr.files import read_text

_KINDS: dict[object, type[Degradation]] = {
    cls.kind: cls for cls in (Degradation, RealisticDegradation, PhotoDegradation)
}


def parse_record(text: str) -> Degradation:
    """Parse a JSON record; raises `BlindSRError` if it is invalid."""
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        values = None  # rejected below, with the message of the classic kind
    kind = values.get("kind", Degradation.kind) if isinstance(values, dict) else Degradation.kind
    return _KINDS.get(kind if isinstance(kind, str) else None, Degradation).from_json(text)


def load_record(path: Path) -> Degradation:
    """Read the record of one image.

    Raises:
        BlindSRError: the file cannot be read, is not a record, or describes several images.
    """
    text = read_text(path)
    try:
        degradation = parse_record(text)
    except BlindSRError as error:
        raise BlindSRError(f"{path}: {error}", Code.INVALID_FILE) from None
    if len(degradation) != 1:
        raise BlindSRError(f"{path} describes {len(degradation)} images; expected one", Code.INVALID_FILE)
    return degradation
