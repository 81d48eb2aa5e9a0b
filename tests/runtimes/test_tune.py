"""Measurements are kept by machine and network."""

from pathlib import Path

import pytest

from blindsr.errors import BlindSRError, Code
from blindsr.runtimes import tune


def test_the_fastest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def network() -> str:
        asked.append("a")
        return "a"

    assert tune.fastest(network, tmp_path) == "torch"
    assert not asked, "weights need not be read where nothing was measured"
    tune.store_times("a", {"torch": 2.0, "openvino": 1.5}, tmp_path / "new")
    tune.store_times("b", {"torch": 1.0, "openvino": 1.5}, tmp_path / "new")
    assert tune.fastest(network, tmp_path / "new") == "openvino"
    assert tune.fastest(lambda: "b", tmp_path / "new") == "torch"
    assert tune.fastest(lambda: "c", tmp_path / "new") == "torch"
    monkeypatch.setattr(tune, "_machine", lambda: "another")
    assert tune.fastest(network, tmp_path / "new") == "torch"


def test_files_that_are_damaged_or_cannot_be_written(tmp_path: Path) -> None:
    for text in ("no json", "[]", "{}"):
        (tmp_path / "runtimes.json").write_text(text)
        assert tune.fastest(lambda: "a", tmp_path) == "torch"
    (tmp_path / "file").touch()
    with pytest.raises(BlindSRError, check=Code.CANNOT_WRITE.matches):
        tune.store_times("a", {}, tmp_path / "file" / "below")


def test_the_least_of_some_times() -> None:
    calls: list[int] = []
    assert 0 <= tune.seconds(lambda: calls.append(1)) < 1
    assert len(calls) > 2
