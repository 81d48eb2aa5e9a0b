"""Models by name are loaded once; stored conditions belong to one model."""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from blindsr import weights
from blindsr.analysis.choice import Auto
from blindsr.errors import BlindSRError, Code
from blindsr.images import Picture, read, write
from blindsr.inference import Bicubic, Upscaler
from blindsr.inference.load import load as load_by_name
from blindsr.methods.cmdsr.model import CMDSR, CMDSRConfig
from blindsr.pipeline import condition_io, models
from blindsr.pipeline.models import load_condition, load_model
from blindsr.pipeline.options import Options
from blindsr.restore import restore_file
from blindsr.weights.known import example


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
        with pytest.raises(BlindSRError, check=Code.INCOMPATIBLE.matches):
            load_condition(Options(model="cmdsr_x2.other", condition=given), upscaler)
    assert load_condition(Options(model=upscaler, condition=condition), upscaler) is condition
    assert load_condition(Options(model=upscaler), upscaler) is None


def test_a_model_that_is_ready_has_its_own_settings() -> None:
    upscaler = Upscaler(Bicubic(2), device="cpu")
    for more in ({"tile": 64}, {"device": "cpu"}, {"seed": 1}, {"tta": True}):
        with pytest.raises(BlindSRError, check=Code.CONFLICTING_OPTIONS.matches):
            Options(model=upscaler, **more)


def store(folder: Path, name: str, spread: float) -> Path:
    """Weights of the package, or others near them: those of an untrained network are caught."""
    shipped = weights.load_weights("cmdsr_x4.photo")
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in shipped.method.get_submodule("base.conv_cat").parameters():
            parameter.add_(spread * parameter.std() * torch.randn(parameter.shape, generator=generator))
    weights.save_weights(folder / f"{name}.safetensors", shipped.method, shipped.card.model_copy(update={"name": name}))
    return folder / f"{name}.safetensors"


@pytest.fixture
def pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """Weights for photographs and for looks, which are all that the package has."""
    names = ("cmdsr_x4.photo", "cmdsr_x4.vivid")
    paths = {name: store(tmp_path, name, spread) for spread, name in zip((0, 0.02), names, strict=True)}
    entry = {"sha256": "", "result": [], "suits": {"order": 1, "anything": True}}
    (tmp_path / "known.json").write_text(json.dumps({"cmdsr_x4.photo": entry}))
    for module in ("store", "detail", "suits"):
        monkeypatch.setattr(f"blindsr.weights.{module}.available", lambda: paths)
    models._named.cache_clear()
    models._auto.cache_clear()
    return paths


def restored(folder: Path, **options: Any) -> Tensor:
    write(Picture(example()[0]), folder / "photo.png")
    restore_file(folder / "photo.png", folder / "result.png", Options(device="cpu", overwrite=True, **options))
    return read(folder / "result.png").pixels


def test_a_choice_of_detail_lies_between_two_models(pair: dict[str, Path], tmp_path: Path) -> None:
    results = [restored(tmp_path, model="cmdsr_x4.photo", detail=detail) for detail in (0.0, 0.5, 1.0)]
    assert float((results[0] - results[1]).abs().max()) > 0.01
    assert float((results[1] - results[2]).abs().max()) > 0.01
    assert torch.equal(results[2], restored(tmp_path, model="cmdsr_x4.vivid"))
    chosen = load_model(Options(detail=0.5, device="cpu"))
    assert isinstance(chosen, Auto)
    assert list(chosen.suited) == ["cmdsr_x4.photo"]
    assert torch.equal(restored(tmp_path, detail=0.5), results[1])


def test_what_chooses_adds_the_detail_of_the_list_unless_told(pair: dict[str, Path], tmp_path: Path) -> None:
    known = tmp_path / "known.json"
    entries = json.loads(known.read_text())
    entries["cmdsr_x4.photo"]["suits"]["detail"] = 0.5
    known.write_text(json.dumps(entries))
    half, none = (restored(tmp_path, model="cmdsr_x4.photo", detail=detail) for detail in (0.5, 0.0))
    assert torch.equal(restored(tmp_path), half)
    assert torch.equal(restored(tmp_path, detail=0.0), none)
    assert torch.equal(restored(tmp_path, model="cmdsr_x4.photo"), none)
    chosen = load_model(Options(denoise=0.5, device="cpu"))
    assert chosen is load_model(Options(model="cmdsr_x4.photo", denoise=0.5, detail=0.5, device="cpu"))


def test_a_condition_serves_any_detail(pair: dict[str, Path], tmp_path: Path) -> None:
    file, one = tmp_path / "c.json", Upscaler("cmdsr_x4.photo", device="cpu")
    condition_io.save_condition(file, "cmdsr_x4.photo", one, one.estimate_condition(example()[0]))
    made = [restored(tmp_path, condition=file, detail=detail) for detail in (0.0, 1.0)]
    assert float((made[0] - made[1]).abs().max()) > 0.01


def test_detail_is_refused_where_there_are_no_weights_for_looks(pair: dict[str, Path]) -> None:
    for name in ("cmdsr_x4.vivid", "bicubic", str(pair["cmdsr_x4.vivid"])):
        with pytest.raises(BlindSRError) as raised:
            load_model(Options(model=name, detail=0.5))
        assert raised.value.code is Code.UNSUPPORTED_OPTION
    del pair["cmdsr_x4.vivid"]
    for options in (Options(detail=0.5), Options(model="cmdsr_x4.photo", detail=1)):
        with pytest.raises(BlindSRError) as raised:
            load_model(options)
        assert raised.value.code is Code.UNSUPPORTED_OPTION
    assert isinstance(load_model(Options(model="cmdsr_x4.photo", detail=0)), Upscaler)
