from pathlib import Path

import pytest
from PIL import Image

from blindsr.errors import BlindSRError
from blindsr.evaluate.figure import save


def test_figures_are_there_whole_or_not_at_all(tmp_path: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(2, 1))
    figure.add_subplot().plot([0, 1], [1, 0])
    for name in ("a.png", "a.svg", "a.pdf"):
        save(figure, tmp_path / name)
    with Image.open(tmp_path / "a.png") as image:
        assert image.size == (300, 150)
    for place in (tmp_path / "a.xyz", tmp_path / "no" / "a.png"):
        with pytest.raises(BlindSRError, match="cannot write"):
            save(figure, place)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.pdf", "a.png", "a.svg"]
