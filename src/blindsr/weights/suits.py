"""Selection of published weights by their entries in ``known.json``, so that no code names weights."""

from pathlib import Path

from blindsr.contract import StrictModel
from blindsr.weights import known
from blindsr.weights.store import available


class Suitability(StrictModel):
    """Family of photographs that weights were trained for."""

    order: int
    """Rank; of all weights that suit a photograph, the one with the lowest rank is selected."""
    anything: bool = False
    """Whether they suit photographs with unknown degradations; the bounds below are then ignored."""
    factor: float = 100.0
    """Largest enlargement for which they are selected."""
    noise: tuple[float, float] = (0.0, 0.0)
    """Range of noise levels, 0..255."""
    grain: float = 0.3
    """Largest fraction of the noise that may be coarser than a pixel."""
    blur: tuple[float, float] = (0.0, 10.0)
    """Range of the blur, standard deviation in pixels of the photograph."""
    jpeg: bool = False
    """Whether they were trained with JPEG."""
    compared: bool = False
    """Whether a comparison with the general weights decides instead of the bounds above, if there is a photograph and
    not only its analysis; for weights that suit only clean, sharp photographs."""
    detail: float = 0.0
    """Share of the weights for perceptual quality that ``auto`` adds; see `blindsr.weights.load_with_detail`."""
    enlarged: bool = False
    """Whether they were trained with enlarged images, which are then not reduced first."""


def selectable() -> dict[str, Suitability]:
    """Return the weights of the package that ``auto`` may select, by rank."""
    entries = _entries()
    found = {name: Suitability.model_validate(entry["suits"]) for name, entry in entries.items() if "suits" in entry}
    return dict(sorted(found.items(), key=lambda item: item[1].order))


def with_role(role: str) -> list[str]:
    """Return the names of the default weights of a task, by rank.

    Args:
        role: ``fallback`` (another model failed), ``estimate`` (blur and noise by name) or ``condition`` (a condition
            that can be stored).
    """
    ranks = {name: entry["roles"][role] for name, entry in _entries().items() if role in entry.get("roles", {})}
    return sorted(ranks, key=lambda name: ranks[name])


def _entries() -> dict[str, known.KnownWeights]:
    folders: set[Path] = {path.parent for path in available().values()}
    return {name: entry for folder in folders for name, entry in known.read_known(folder).items()}
