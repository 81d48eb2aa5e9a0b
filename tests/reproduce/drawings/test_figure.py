from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from blindsr.errors import BlindSRError, Code
from blindsr.reproduce.drawings.figure import check_figure, save_figure


def _figure() -> Any:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(2, 1))
    figure.add_subplot().plot([0, 1], [1, 0])
    return figure


@pytest.mark.parametrize("name", ["a.png", "a.svg", "a.pdf", "A.PNG"])
def test_a_full_disk_leaves_the_old_figure(tmp_path: Path, name: str, largest_file: Any) -> None:
    save_figure(_figure(), tmp_path / name)
    old = (tmp_path / name).read_bytes()
    with largest_file(len(old) // 2), pytest.raises(BlindSRError, check=Code.CANNOT_WRITE.matches):
        save_figure(_figure(), tmp_path / name)
    with pytest.raises(BlindSRError, check=Code.FILE_EXISTS.matches):
        save_figure(_figure(), tmp_path / name, overwrite=False)
    assert (tmp_path / name).read_bytes() == old
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_what_draws_is_asked_for_before_the_work(tmp_path: Path) -> None:
    check_figure(tmp_path / "a.png", ("matplotlib", "sklearn"))
    with pytest.raises(BlindSRError, check=Code.MISSING_DEPENDENCY.matches):
        check_figure(tmp_path / "a.png", ("matplotlib", "no_such_library"))


def test_figures_are_there_whole_or_not_at_all(tmp_path: Path) -> None:
    figure = _figure()
    for name in ("a.png", "a.svg", "a.pdf"):
        save_figure(figure, tmp_path / name)
    with Image.open(tmp_path / "a.png") as image:
        assert image.size == (300, 150)
    for place in (tmp_path / "a.xyz", tmp_path / "no" / "a.png"):
        with pytest.raises(BlindSRError, check=Code.CANNOT_WRITE.matches):
            save_figure(figure, place)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.pdf", "a.png", "a.svg"]
