from pathlib import Path

import pytest

from blindsr.errors import BlindSRError, Code
from blindsr.evaluate.photographs import paired, pairs_below, unpaired


def _files(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).touch()
    return folder


def test_two_folders_of_the_same_names(tmp_path: Path) -> None:
    _files(tmp_path / "RealSR" / "LR", "a_HR.png", "b.png", "note.txt")
    _files(tmp_path / "RealSR" / "HR", "a_HR.png", "b.jpg")
    (one,) = paired([tmp_path / "RealSR"])
    assert one.name == "RealSR"
    assert [(p.name, p.lr.parent.name, p.hr and p.hr.name) for p in one.photographs] == [
        ("a_HR", "LR", "a_HR.png"),
        ("b", "LR", "b.jpg"),
    ]
    assert paired([tmp_path]) == [one]
    assert paired([tmp_path / "RealSR" / "HR"], tmp_path / "RealSR" / "LR")[0].photographs == one.photographs


def test_names_that_tell_lr_from_hr(tmp_path: Path) -> None:
    _files(tmp_path / "Canon", "Canon_001_HR.png", "Canon_001_LR4.png", "Canon_002_HR.png", "Canon_002_LR4.png")
    (one,) = paired([tmp_path / "Canon"])
    assert [(p.name, p.lr.name, p.hr and p.hr.name) for p in one.photographs] == [
        ("Canon_001", "Canon_001_LR4.png", "Canon_001_HR.png"),
        ("Canon_002", "Canon_002_LR4.png", "Canon_002_HR.png"),
    ]
    assert one.photographs[0].names == ("Canon_001", "Canon_001_LR4", "Canon_001_HR")


def test_lr_folders_whose_names_have_the_scale(tmp_path: Path) -> None:
    lr, hr = _files(tmp_path / "X4", "0801x4.png"), _files(tmp_path / "DIV2K", "0801.png")
    (one,) = paired([hr], lr)
    assert (one.name, one.photographs[0].name) == ("DIV2K", "0801")


def test_a_limit_takes_the_first_ones(tmp_path: Path) -> None:
    for part in ("LR", "HR"):
        _files(tmp_path / "set" / part, "a.png", "b.png")
    assert [one.whole for limit in (1, 2, None) for one in paired([tmp_path / "set"], limit=limit)] == [
        False,
        True,
        True,
    ]
    assert [p.name for p in paired([tmp_path / "set"], limit=1)[0].photographs] == ["a"]


def test_images_without_a_partner_and_folders_without_pairs(tmp_path: Path) -> None:
    _files(tmp_path / "set" / "LR", "a.png", "b.png")
    _files(tmp_path / "set" / "HR", "a.png")
    with pytest.raises(BlindSRError, check=Code.FILE_NOT_FOUND.matches):
        paired([tmp_path / "set"])
    _files(tmp_path / "set" / "HR", "b.png", "c.png")
    with pytest.raises(BlindSRError, check=Code.FILE_NOT_FOUND.matches):
        paired([tmp_path / "set"])
    _files(tmp_path / "twice" / "LR", "a_LR2.png", "a_LR4.png")
    _files(tmp_path / "twice" / "HR", "a_HR.png")
    with pytest.raises(BlindSRError, check=Code.NAME_CLASH.matches):
        paired([tmp_path / "twice"])
    for folder, code in (("none", Code.FILE_NOT_FOUND), ("set/HR", Code.NO_IMAGES)):
        with pytest.raises(BlindSRError, check=code.matches):
            paired([tmp_path / folder])
    with pytest.raises(BlindSRError, check=Code.MISSING_OPTION.matches):
        paired([tmp_path / "set" / "HR", tmp_path], tmp_path / "set" / "LR")
    with pytest.raises(BlindSRError, check=Code.NO_IMAGES.matches):
        paired([tmp_path / "set" / "HR"], tmp_path / "none")
    for root in ("x", "y"):
        for part in ("LR", "HR"):
            _files(tmp_path / root / "same" / part, "a.png")
    with pytest.raises(BlindSRError, check=Code.NAME_CLASH.matches):
        paired([tmp_path / "x" / "same", tmp_path / "y" / "same"])


def test_photographs_alone(tmp_path: Path) -> None:
    _files(tmp_path / "RealSRSet", "a.png", "b.jpg")
    (one,) = unpaired([tmp_path / "RealSRSet"])
    assert one.name == "RealSRSet"
    assert [(p.name, p.hr, p.names) for p in one.photographs] == [("a", None, ("a",)), ("b", None, ("b",))]


def test_pairs_are_found_among_other_folders(tmp_path: Path) -> None:
    for name in ("RealSR/LR/a.png", "RealSR/HR/a.png", "Set5/b.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert [one.name for one in pairs_below([tmp_path, tmp_path / "none"])] == ["RealSR"]
    assert [one.name for one in pairs_below([tmp_path / "RealSR"])] == ["RealSR"]
