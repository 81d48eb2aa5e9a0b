"""For which photographs published weights are meant, so that `auto` can choose without knowing any of them by name.

The entries stand in ``known.json`` beside the weights, under ``suits``: to offer new weights is to write one.
"""

from pathlib import Path

from blindsr.contract import Strict
from blindsr.weights import known
from blindsr.weights.store import available


class Suits(Strict):
    """The family of photographs that weights were trained for."""

    order: int
    """Among all that suit a photograph, those with the least are taken."""
    anything: bool = False
    """Meant for photographs of unknown history; the bounds below are not asked."""
    factor: float = 100.0
    """Largest enlargement that they are better at than others."""
    noise: tuple[float, float] = (0.0, 0.0)
    """Least and greatest noise level, 0..255."""
    grain: float = 0.3
    """Greatest share of the noise that may be coarser than a pixel."""
    blur: tuple[float, float] = (0.0, 10.0)
    """Least and greatest blur, standard deviation in pixels of the photograph."""
    jpeg: bool = False
    """Whether they were trained with JPEG."""
    enlarged: bool = False
    """Whether they were trained with images that had been enlarged, which are then not shrunk for them."""


def suited() -> dict[str, Suits]:
    """The weights of the package that `auto` may choose, in their order."""
    folders: set[Path] = {path.parent for path in available().values()}
    entries = {name: entry for folder in folders for name, entry in known.read(folder).items()}
    found = {name: Suits.model_validate(entry["suits"]) for name, entry in entries.items() if "suits" in entry}
    return dict(sorted(found.items(), key=lambda item: item[1].order))
