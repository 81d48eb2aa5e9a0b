"""Times as a user types them."""

import re

from blindsr.errors import BlindSRError


def seconds(text: str) -> float:
    """``45s``, ``90m`` or ``2h`` in seconds."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smh])", text)
    if match is None:
        raise BlindSRError(f"a time limit reads 45s, 90m or 2h, not {text!r}")
    return float(match[1]) * {"s": 1, "m": 60, "h": 3600}[match[2]]
