import json
from pathlib import Path

import pytest
import torch

from blindsr.errors import BlindSRError, Code
from blindsr.inference import Bicubic, Upscaler
from blindsr.methods.cmdsr.model import CMDSR, CMDSRConfig
from blindsr.pipeline import condition_io


@pytest.fixture
def upscaler() -> Upscaler:
    return Upscaler(CMDSR(CMDSRConfig(blocks=1, channels=4, support=1, patch=4, features=3)), device="cpu")


def test_a_condition_comes_back_as_it_was(tmp_path: Path, upscaler: Upscaler) -> None:
    condition = upscaler.condition(torch.rand(1, 3, 8, 8))
    condition_io.save_condition(tmp_path / "c.json", "m", upscaler, condition)
    assert torch.equal(condition_io.load_condition(tmp_path / "c.json", "m", upscaler), condition)


def test_a_name_and_the_path_of_its_file_are_one_model(tmp_path: Path, upscaler: Upscaler) -> None:
    for made, used in (("m_x4.a", "some/m_x4.a.safetensors"), ("some/m_x4.a.safetensors", "m_x4.a")):
        condition_io.save_condition(tmp_path / "c.json", made, upscaler, torch.zeros(1, 3))
        assert torch.equal(condition_io.load_condition(tmp_path / "c.json", used, upscaler), torch.zeros(1, 3))


def test_the_average_lies_between(upscaler: Upscaler) -> None:
    one, other = torch.tensor([[0.0, 2.0, 4.0]]), torch.tensor([[2.0, 2.0, 0.0]])
    torch.testing.assert_close(upscaler.average_conditions([one, other]), torch.tensor([[1.0, 2.0, 2.0]]))


def test_strange_files_are_refused(tmp_path: Path, upscaler: Upscaler) -> None:
    path = tmp_path / "c.json"
    good = {"version": 1, "model": "m", "condition": {"feature": [[1.0, 2.0, 3.0]]}}
    for values, code in (
        ("hello", Code.INVALID_FILE),
        (json.dumps([]), Code.INVALID_FILE),
        (json.dumps({**good, "more": 1}), Code.INVALID_FILE),
        (json.dumps({**good, "condition": 3}), Code.INVALID_FILE),
        (
            json.dumps({**good, "condition": {"feature": "x"}}),
            Code.INVALID_FILE,
        ),
        (json.dumps({**good, "model": "other"}), Code.INCOMPATIBLE),
        (json.dumps({**good, "version": 99}), Code.INVALID_FILE),
        (json.dumps({**good, "condition": {"feature": [[float("nan"), 0.0, 0.0]]}}), Code.INVALID_FILE),
        (json.dumps({**good, "condition": {"feature": [[1e99, 0.0, 0.0]]}}), Code.INVALID_FILE),
        (
            json.dumps({**good, "condition": {"feature": [[10**400, 0, 0]]}}),
            Code.INVALID_FILE,
        ),
        (json.dumps({**good, "condition": {"feature": [[1.0]]}}), Code.INCOMPATIBLE),
    ):
        path.write_text(values)
        with pytest.raises(BlindSRError, check=code.matches):
            condition_io.load_condition(path, "m", upscaler)
    with pytest.raises(BlindSRError, check=Code.CANNOT_READ.matches):
        condition_io.load_condition(tmp_path / "none.json", "m", upscaler)
    with pytest.raises(BlindSRError, check=Code.UNSUPPORTED_OPTION.matches):
        condition_io.save_condition(path, "bicubic", Upscaler(Bicubic(2), device="cpu"), None)
    with pytest.raises(BlindSRError, check=Code.CANNOT_WRITE.matches):
        condition_io.save_condition(tmp_path / "no" / "c.json", "m", upscaler, torch.zeros(1, 3))
