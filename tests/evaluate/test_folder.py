from pathlib import Path

import pytest

from blindsr.errors import BlindSRError, Code
from blindsr.evaluate import Results, data_set_of, data_sets, data_sets_of
from blindsr.images.formats import READ


def _touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_a_folder_of_images_is_one_set(tmp_path: Path) -> None:
    folder = tmp_path / "Set5"
    _touch(folder / "b.png", folder / "a.JPG", folder / "notes.txt", folder / "sub" / "c.png")
    (found,) = data_sets(folder)
    assert found.name == "Set5"
    assert [path.name for path in found.paths] == ["a.JPG", "b.png"]


def test_every_extension_of_a_format_counts(tmp_path: Path) -> None:
    names = [f"{number}{suffix}" for number, suffix in enumerate(sorted(READ))]
    _touch(*(tmp_path / "Set5" / name for name in names))
    assert {path.name for path in data_sets(tmp_path / "Set5")[0].paths} == set(names)


def test_subfolders_are_sets_in_the_order_of_the_papers(tmp_path: Path) -> None:
    for name in ("BSD100", "Mine", "Set14", "Set5"):
        _touch(tmp_path / name / "a.png", tmp_path / name / "b.png")
    (tmp_path / "empty").mkdir()
    found = data_sets(tmp_path, limit=1)
    assert [one.name for one in found] == ["Set5", "Set14", "BSD100", "Mine"]
    assert all(len(one.paths) == 1 for one in found)


def test_several_folders_give_each_set_once(tmp_path: Path) -> None:
    for name in ("bench/Set14", "bench/Set5", "mine", "other/mine"):
        _touch(tmp_path / name / "a.png")
    found = data_sets_of([tmp_path / "mine", tmp_path / "bench" / "Set14", tmp_path / "bench"])
    assert [one.name for one in found] == ["Set5", "Set14", "mine"]
    with pytest.raises(BlindSRError, check=Code.NAME_CLASH.matches):
        data_sets_of([tmp_path / "mine", tmp_path / "other"])


def test_one_set_is_not_silently_the_first_of_several(tmp_path: Path) -> None:
    _touch(tmp_path / "Set5" / "a.png", tmp_path / "Set14" / "c.png")
    assert data_set_of([tmp_path / "Set14"]).name == "Set14"
    with pytest.raises(BlindSRError, check=Code.INVALID_VALUE.matches):
        data_set_of([tmp_path])
    with pytest.raises(BlindSRError, check=Code.INVALID_VALUE.matches):
        data_set_of([tmp_path / "Set5", tmp_path / "Set14"])


def test_no_images(tmp_path: Path) -> None:
    with pytest.raises(BlindSRError, check=Code.NO_IMAGES.matches):
        data_sets(tmp_path)
    with pytest.raises(BlindSRError, check=Code.FILE_NOT_FOUND.matches):
        data_sets(tmp_path / "missing")


def test_two_images_of_one_name(tmp_path: Path) -> None:
    _touch(tmp_path / "a.png", tmp_path / "a.bmp")
    with pytest.raises(BlindSRError, check=Code.NAME_CLASH.matches):
        data_sets(tmp_path)


@pytest.mark.parametrize("place", ["p/Set5", "p", "Set5", ""])
def test_results_are_found_in_any_of_the_layouts(tmp_path: Path, place: str) -> None:
    _touch(tmp_path / place / "baby.tif", tmp_path / place / "babyface.tif")
    assert Results(tmp_path).find("p", "Set5", "baby") == tmp_path / place / "baby.tif"


def test_results_of_one_protocol_are_not_those_of_another(tmp_path: Path) -> None:
    _touch(tmp_path / "p" / "Set5" / "baby.png")
    Results(tmp_path).check(["p"])
    with pytest.raises(BlindSRError, check=Code.FILE_NOT_FOUND.matches):
        Results(tmp_path).check(["p", "q"])


def test_missing_and_double_results(tmp_path: Path) -> None:
    with pytest.raises(BlindSRError, check=Code.FILE_NOT_FOUND.matches):
        Results(tmp_path / "missing")
    with pytest.raises(BlindSRError, check=Code.FILE_NOT_FOUND.matches):
        Results(tmp_path).find("p", "Set5", "baby")
    _touch(tmp_path / "baby.png", tmp_path / "baby.jpg")
    with pytest.raises(BlindSRError, check=Code.FILE_NOT_FOUND.matches):
        Results(tmp_path).find("p", "Set5", "baby")


@pytest.mark.parametrize("name", ["baby_x4.png", "baby_out.png", "baby-SR.png", "baby.restored.png", "baby_4x_net.png"])
def test_names_that_programs_add_words_to(tmp_path: Path, name: str) -> None:
    for other in ("baby_2.png", "baby_2_x4.png", "baby2_x4.png"):  # other images
        (tmp_path / other).touch()
    (tmp_path / name).touch()
    assert Results(tmp_path).find("p", "Set5", "baby") == tmp_path / name
    (tmp_path / "baby.png").touch()
    assert Results(tmp_path).find("p", "Set5", "baby") == tmp_path / "baby.png"


def test_any_of_several_names_is_found(tmp_path: Path) -> None:
    (tmp_path / "a_LR4_x4.png").touch()
    assert Results(tmp_path).find("p", "s", "a", "a_LR4", "a_HR") == tmp_path / "a_LR4_x4.png"
