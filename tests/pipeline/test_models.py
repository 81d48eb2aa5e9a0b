"""Models by name are loaded once; stored conditions belong to one model."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import torch

from blindsr import weights
from blindsr.analysis.choice import Auto
from blindsr.errors import BlindSRError
from blindsr.inference import Bicubic, Upscaler
from blindsr.inference.load import load as load_by_name
from blindsr.methods.cmdsr.model import CMDSR, CMDSRConfig
from blindsr.pipeline import condition_io, models
from blindsr.pipeline.models import load_condition, load_model
from blindsr.pipeline.options import Options


def test_a_model_by_name_is_loaded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[str] = []
    real = load_by_name

    def load(name: str, **how: Any) -> Upscaler:
        loaded.append(name)
        return real(name, **how)

    monkeypatch.setattr(models, "load", load)
    models._named.cache_clear()
    assert load_model(Options(model="bicubic_x3")) is load_model(Options(model="bicubic_x3"))
    with ThreadPoolExecutor(3) as pool:
        same = set(pool.map(lambda _: load_model(Options(model="bicubic", scale=1.5)), range(6)))
    assert len(same) == 1
    assert loaded == ["bicubic_x3", "bicubic_x2"]
    load_model(Options(model="bicubic_x3", tile=16))
    assert loaded == ["bicubic_x3", "bicubic_x2", "bicubic_x3"]


def test_another_file_of_weights_under_the_same_name_is_another_model(tmp_path: Path) -> None:
    method = CMDSR(CMDSRConfig(scale=2, blocks=1, channels=4, support=1, patch=4, features=3))
    config = method.config.model_dump(mode="json")
    path = tmp_path / "m.safetensors"
    card = weights.Card(name="cmdsr_x2.m", method="cmdsr", config=config, recipe={}, provenance={})
    weights.save_weights(path, method, card)
    first = load_model(Options(model=path))
    assert load_model(Options(model=str(path))) is first
    os.utime(path, ns=(1, 1))
    assert load_model(Options(model=path)) is not first


def test_what_chooses_is_kept_too() -> None:
    chooser = load_model(Options(model="auto", scale=2))
    assert isinstance(chooser, Auto)
    assert chooser.factor == 2
    assert load_model(Options(model="auto", scale=2)) is chooser
    assert load_model(Options(model=chooser)) is chooser


def test_conditions_by_name_and_by_value(tmp_path: Path) -> None:
    method = CMDSR(CMDSRConfig(scale=2, blocks=1, channels=4, support=1, patch=4, features=3))
    upscaler, path = Upscaler(method, device="cpu"), tmp_path / "c.json"
    condition = upscaler.condition(torch.rand(1, 3, 8, 8))
    condition_io.save_condition(path, "cmdsr_x2.m", upscaler, condition)
    for given in (path, str(path), condition_io.read_condition(path)):
        assert torch.equal(load_condition(Options(model="cmdsr_x2.m", condition=given), upscaler), condition)
        with pytest.raises(BlindSRError, match="use the same model"):
            load_condition(Options(model="cmdsr_x2.other", condition=given), upscaler)
    assert load_condition(Options(model=upscaler, condition=condition), upscaler) is condition
    assert load_condition(Options(model=upscaler), upscaler) is None


def test_a_model_that_is_ready_has_its_own_settings() -> None:
    upscaler = Upscaler(Bicubic(2), device="cpu")
    for more in ({"tile": 64}, {"device": "cpu"}, {"seed": 1}, {"tta": True}):
        with pytest.raises(BlindSRError, match="leave them out"):
            Options(model=upscaler, **more)
