"""Functions that modules call although they are defined in a higher package; ``blindsr/__init__.py`` sets them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

load_pretrained: Callable[[str | Path, str | None], Any]
"""Load a network by name and revision; see `blindsr.inference.named.load_pretrained`."""
