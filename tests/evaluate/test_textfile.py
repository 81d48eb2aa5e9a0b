from pathlib import Path

import pytest

from blindsr.errors import BlindSRError
from blindsr.evaluate import textfile


def test_a_file_is_replaced_and_nothing_else_is_left(tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    path.write_text("old", encoding="utf-8")
    textfile.write("new ü", path)
    assert path.read_text(encoding="utf-8") == "new ü"
    assert list(tmp_path.iterdir()) == [path]


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "out.json"
    path.write_text("old", encoding="utf-8")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(BlindSRError, match="No space left"):
        textfile.write("new", path)
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_places_that_cannot_be_written(tmp_path: Path) -> None:
    textfile.check_writable(tmp_path / "out.json")
    for path in (tmp_path, tmp_path / "missing" / "out.json"):
        with pytest.raises(BlindSRError, match="cannot write"):
            textfile.check_writable(path)
