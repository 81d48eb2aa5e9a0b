"""A file of weights comes back as the network that was saved, or as one sentence."""

from contextlib import nullcontext
from importlib import resources
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from blindsr import weights
from blindsr.errors import BlindSRError, Code
from blindsr.methods.cmdsr.model import CMDSR, CMDSRConfig


def _method() -> CMDSR:
    with torch.random.fork_rng(devices=[]):
        return CMDSR(CMDSRConfig(blocks=1, channels=8, support=2, patch=8, features=8))


def _card(method: CMDSR, name: str = "cmdsr_x4.tiny") -> weights.Card:
    config = method.config.model_dump(mode="json")
    return weights.Card(name=name, method="cmdsr", config=config, recipe={"seed": 3}, provenance={"steps": 7})


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    method = _method()
    path = tmp_path / "cmdsr_x4.tiny.safetensors"
    weights.save_weights(path, method, _card(method))
    return path


def _sentence(name: str | Path) -> str:
    with pytest.raises(BlindSRError) as caught:
        weights.load_weights(name)
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_round_trip_to_half_precision(tmp_path: Path) -> None:
    method = _method().to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stub lacks it
    path = tmp_path / "new" / "a.safetensors"
    weights.save_weights(path, method, _card(method))
    loaded = weights.load_weights(path)
    assert (loaded.name, loaded.path) == ("cmdsr_x4.tiny", path)
    assert loaded.card == _card(method)
    assert not loaded.method.training
    assert not any(parameter.requires_grad for parameter in loaded.method.parameters())
    expected, state = method.state_dict(), loaded.method.state_dict()
    assert expected.keys() == state.keys()
    for key, value in state.items():
        assert value.dtype == torch.float32
        assert torch.equal(value, expected[key].half().float())


def test_file_is_half_precision_and_leaves_nothing_beside(saved: Path) -> None:
    tensors = load_file(saved)
    card = tensors.pop(weights.store.CARD)
    assert weights.Card.model_validate_json(bytes(card.tolist())) == weights.read_card(saved)
    assert {tensor.dtype for tensor in tensors.values()} == {torch.float16}
    assert weights.parameters(saved) == sum(tensor.numel() for tensor in tensors.values())
    assert [path.name for path in saved.parent.iterdir()] == [saved.name]


def test_loading_leaves_global_random_numbers_alone(saved: Path) -> None:
    before = torch.random.get_rng_state()
    weights.load_weights(saved)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_loaded_networks_restore_alike(saved: Path) -> None:
    lr = torch.rand(1, 3, 9, 7, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        results = []
        for _ in range(2):
            method = weights.load_weights(saved).method
            results.append(method.restore(lr, method.condition(lr, generator=torch.Generator().manual_seed(1))))
    assert results[0].shape == (1, 3, 36, 28)
    assert torch.equal(*results)


def test_packaged_names(monkeypatch: pytest.MonkeyPatch, saved: Path) -> None:
    monkeypatch.setattr(resources, "files", lambda _: saved.parent.parent)
    monkeypatch.setattr(resources, "as_file", lambda _: nullcontext(saved.parent))
    assert weights.available() == {"cmdsr_x4.tiny": saved}
    assert weights.load_weights("cmdsr_x4.tiny").path == saved
    assert "did you mean 'cmdsr_x4.tiny'" in _sentence("cmdsr_x4.tyni")
    text = _sentence("zzz")
    assert "did you mean" not in text
    assert "blindsr models" in text


def test_missing_file(tmp_path: Path) -> None:
    assert "unknown weights" in _sentence(tmp_path / "none.safetensors")


def test_damaged_and_foreign_files(saved: Path, tmp_path: Path) -> None:
    torn = tmp_path / "torn.safetensors"
    torn.write_bytes(saved.read_bytes()[:-100])
    assert "damaged" in _sentence(torn)
    empty = tmp_path / "empty.safetensors"
    empty.touch()
    assert "damaged" in _sentence(empty)
    text = tmp_path / "text.safetensors"
    text.write_text("hello, I am no tensor at all")
    assert "damaged" in _sentence(text)
    foreign = tmp_path / "foreign.safetensors"
    save_file({"a": torch.zeros(2)}, foreign)
    assert "not written by blindsr" in _sentence(foreign)


def test_cards_that_cannot_be_read(saved: Path, tmp_path: Path) -> None:
    tensors = load_file(saved)
    path = tmp_path / "b.safetensors"
    save_file(tensors, path, {"blindsr": "no json"})
    assert "card" in _sentence(path)
    later = _card(_method()).model_dump_json().replace('"version":1', '"version":2')
    save_file(tensors, path, {"blindsr": later})
    assert "version" in _sentence(path)


def test_weights_that_do_not_fit(saved: Path, tmp_path: Path) -> None:
    path = tmp_path / "c.safetensors"
    card = _card(_method()).model_dump()
    tensors = load_file(saved)
    for config in ({**card["config"], "channels": 16}, {**card["config"], "novel": 1}):
        save_file(tensors, path, {"blindsr": weights.Card(**{**card, "config": config}).model_dump_json()})
        assert "does not fit" in _sentence(path)
    lacking = {key: value for key, value in tensors.items() if key != min(tensors)}
    save_file(lacking, path, {"blindsr": weights.Card(**card).model_dump_json()})
    assert "does not fit" in _sentence(path)
    save_file(tensors, path, {"blindsr": weights.Card(**{**card, "method": "esrgan"}).model_dump_json()})
    assert "unknown method 'esrgan'" in _sentence(path)


def test_refused_weights_leave_the_old_file(saved: Path) -> None:
    before = saved.read_bytes()
    method = _method()
    with torch.no_grad():
        next(method.parameters()).fill_(1e6)
    with pytest.raises(BlindSRError, check=Code.INVALID_FILE.matches):
        weights.save_weights(saved, method, _card(method))
    assert saved.read_bytes() == before


def test_places_that_cannot_be_written(tmp_path: Path) -> None:
    method = _method()
    (tmp_path / "file").touch()
    (tmp_path / "folder.safetensors").mkdir()
    for path in (tmp_path / "file" / "a.safetensors", tmp_path / "folder.safetensors"):
        with pytest.raises(BlindSRError, check=Code.CANNOT_WRITE.matches):
            weights.save_weights(path, method, _card(method))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder.safetensors"]
