"""From a name to a method."""

import re
from pathlib import Path
from typing import Any

from blindsr import weights
from blindsr.contract import Method
from blindsr.inference.bicubic import Bicubic


def named(name: str | Path) -> Method[Any]:
    """The method that a name stands for.

    Args:
        name: of weights in the package, such as ``cmdsr_x4.classic``; the path of a weights file; or ``bicubic``
            (x4; ``bicubic_x2`` and so on for other scales).

    Raises:
        BlindSRError: there is none.
    """
    plain = re.fullmatch(r"bicubic(?:_x([1-9]\d?))?", str(name))
    return Bicubic(int(plain[1] or 4)) if plain else weights.load(name).method
