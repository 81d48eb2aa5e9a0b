"""Records of degradations, of whichever kind they are."""

import json

from blindsr.degrade.process import Degradation
from blindsr.degrade.realistic import RealisticDegradation

_KINDS: dict[object, type[Degradation]] = {cls.kind: cls for cls in (Degradation, RealisticDegradation)}


def read(text: str) -> Degradation:
    """The degradation that a JSON record describes; `BlindSRError` on anything else."""
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        values = None  # refused below, in the words of the classic kind
    kind = values.get("kind", Degradation.kind) if isinstance(values, dict) else Degradation.kind
    return _KINDS.get(kind if isinstance(kind, str) else None, Degradation).from_json(text)
