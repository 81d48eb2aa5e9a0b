import json
from pathlib import Path

import pydantic
import pytest

from blindsr.weights import available, known, suits


def test_entries_are_read_in_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entries = {
        "b_x4.one": {"sha256": "", "result": [], "suits": {"order": 2, "anything": True}},
        "a_x4.two": {"sha256": "", "result": []},
        "c_x2.three": {"sha256": "", "result": [], "suits": {"order": 1, "factor": 2, "noise": [0, 5]}},
    }
    (tmp_path / "known.json").write_text(json.dumps(entries))
    monkeypatch.setattr(suits, "available", lambda: {"a_x4.two": tmp_path / "a_x4.two.safetensors"})
    found = suits.selectable()
    assert list(found) == ["c_x2.three", "b_x4.one"]
    assert found["c_x2.three"].noise == (0, 5)


def test_unknown_bounds_are_refused() -> None:
    with pytest.raises(pydantic.ValidationError):
        suits.Suitability.model_validate({"order": 1, "nois": [0, 5]})


def test_every_entry_is_of_weights_that_there_are() -> None:
    for path in available().values():
        assert set(suits.selectable()) <= set(known.read_known(path.parent))
