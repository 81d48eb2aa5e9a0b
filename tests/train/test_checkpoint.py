"""Checkpoints are whole or absent, and damaged ones are named."""

from pathlib import Path

import pytest
import torch

from blindsr.errors import BlindSRError, Code
from blindsr.train import checkpoint


def state() -> checkpoint.State:
    return {
        "recipe": {"name": "x"},
        "stage": 0,
        "step": 3,
        "seconds": 1.5,
        "model": {"w": torch.ones(2)},
        "average": {},
        "optimizers": [{}],
        "validations": [{"psnr": 20.0}],
        "began": None,
        "chain": [],
        "data": [{"photographs": 4}],
    }


def test_it_comes_back_as_it_was(tmp_path: Path) -> None:
    checkpoint.save_checkpoint(tmp_path, state())
    loaded = checkpoint.load_checkpoint(tmp_path)
    assert torch.equal(loaded["model"]["w"], torch.ones(2))
    assert {key: value for key, value in loaded.items() if key != "model"} == {
        key: value for key, value in state().items() if key != "model"
    }


def test_a_failed_save_leaves_the_old_one_and_no_rubbish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkpoint.save_checkpoint(tmp_path, state())
    before = (tmp_path / checkpoint.NAME).read_bytes()

    def torn(_values: object, path: Path) -> None:
        path.write_bytes(b"half")
        raise RuntimeError("[enforce fail at inline_container.cc] unexpected pos\n1 vs 2")  # as torch says it

    monkeypatch.setattr(torch, "save", torn)
    with pytest.raises(BlindSRError, check=Code.CANNOT_WRITE.matches) as caught:
        checkpoint.save_checkpoint(tmp_path, state())
    assert "\n" not in str(caught.value)
    assert (tmp_path / checkpoint.NAME).read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == [checkpoint.NAME]


def test_what_is_no_checkpoint_gives_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(BlindSRError, check=Code.FILE_NOT_FOUND.matches):
        checkpoint.load_checkpoint(tmp_path)
    checkpoint.save_checkpoint(tmp_path, state())
    whole = (tmp_path / checkpoint.NAME).read_bytes()
    for content in (whole[: len(whole) // 2], b"", b"text"):
        (tmp_path / checkpoint.NAME).write_bytes(content)
        with pytest.raises(BlindSRError) as caught:
            checkpoint.load_checkpoint(tmp_path)
        assert "\n" not in str(caught.value)
    torch.save({"something": 1}, tmp_path / checkpoint.NAME)
    with pytest.raises(BlindSRError, check=Code.INVALID_FILE.matches):
        checkpoint.load_checkpoint(tmp_path)


def test_a_checkpoint_from_before_chains_were_kept_says_that_its_own_is_unknown(tmp_path: Path) -> None:
    for began, chain in ((None, []), ("mrda_x4.iso", [{"name": "mrda_x4.iso", "unrecorded": True}])):
        old = {**state(), "began": began}
        del old["chain"]
        torch.save(old, tmp_path / checkpoint.NAME)
        assert checkpoint.load_checkpoint(tmp_path)["chain"] == chain
