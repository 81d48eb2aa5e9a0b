"""Between two sets of weights of one network."""

from pathlib import Path

import pytest
import torch

from blindsr import weights
from blindsr.errors import BlindSRError
from blindsr.inference.named import load_method
from blindsr.methods.cmdsr.model import CMDSR, CMDSRConfig
from blindsr.weights import detail as module


def store(folder: Path, name: str, seed: int, channels: int = 8, denoise: float = 0) -> Path:
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        method = CMDSR(CMDSRConfig(blocks=1, channels=channels, support=2, patch=8, features=8, denoise=denoise))
    config = method.config.model_dump(mode="json")
    card = weights.Card(name=name, method="cmdsr", config=config, recipe={}, provenance={})
    weights.save_weights(folder / f"{name}.safetensors", method, card)
    return folder / f"{name}.safetensors"


@pytest.fixture
def photo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Weights that have a partner for looks."""
    paths = {name: store(tmp_path, name, seed) for seed, name in enumerate(("cmdsr_x4.photo", "cmdsr_x4.vivid"))}
    monkeypatch.setattr(module, "available", lambda: paths)
    monkeypatch.setattr(module, "load_weights", lambda name: weights.load_weights(paths.get(str(name), Path(name))))
    return paths["cmdsr_x4.photo"]


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_every_number_lies_between(photo: Path, share: float) -> None:
    first, second = weights.load_weights(photo), weights.load_weights(photo.with_name("cmdsr_x4.vivid.safetensors"))
    before = {name: value.clone() for name, value in first.method.state_dict().items()}
    moved = weights.load_with_detail(photo, share)
    for name, value in moved.method.state_dict().items():
        expected = (1 - share) * before[name] + share * second.method.state_dict()[name]
        torch.testing.assert_close(value, expected)
        torch.testing.assert_close(first.method.state_dict()[name], before[name], atol=0, rtol=0)
    torch.testing.assert_close(load_method(photo, share).state_dict(), moved.method.state_dict())


def test_other_networks_do_not_mix(tmp_path: Path) -> None:
    first, second = (weights.load_weights(store(tmp_path, f"cmdsr_x4.n{n}", 0, n)) for n in (8, 16))
    with pytest.raises(BlindSRError):
        weights.interpolate(first, second, 0.5)


def test_networks_do_not_mix_where_one_multiplies_its_input_by_another_number(tmp_path: Path) -> None:
    first, second = (weights.load_weights(store(tmp_path, f"cmdsr_x4.n{n}", 0, denoise=n)) for n in (1, 30))
    with pytest.raises(BlindSRError):
        weights.interpolate(first, second, 0.5)


@pytest.mark.parametrize("detail", [-0.1, 1.1, float("nan")])
def test_detail_lies_between_0_and_1(photo: Path, detail: float) -> None:
    with pytest.raises(BlindSRError):
        weights.load_with_detail(photo, detail)


def test_weights_without_a_partner_are_refused(photo: Path, tmp_path: Path) -> None:
    for name in ("mrda_x4.photo", "cmdsr_x4.vivid", "cmdsr_x4.classic"):
        with pytest.raises(BlindSRError):
            weights.load_with_detail(store(tmp_path, name, 0), 0.5)
    with pytest.raises(BlindSRError):
        load_method("bicubic", 0.5)
