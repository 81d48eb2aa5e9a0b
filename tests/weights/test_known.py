import json
from pathlib import Path

import pytest
import torch

from blindsr import weights
from blindsr.methods.cmdsr.model import CMDSR, CMDSRConfig
from blindsr.weights import known


def method(seed: int = 0) -> CMDSR:
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        return CMDSR(CMDSRConfig(blocks=1, channels=4, support=1, patch=4, features=3)).eval()


def test_the_example_never_changes() -> None:
    image = known.example()
    assert image.shape == (1, 3, 24, 24)
    assert float(image.double().mean()) == pytest.approx(0.500534, abs=1e-5)
    assert 0.09 < float(image.min()) < float(image.max()) < 0.91


def test_a_fingerprint_tells_networks_apart() -> None:
    assert known.fingerprint(method()) == known.fingerprint(method())
    other = method()
    with torch.no_grad():
        for parameter in other.parameters():
            parameter.mul_(1.5)
    assert known.fingerprint(other) != known.fingerprint(method())


def test_entries_are_added_and_replaced(tmp_path: Path) -> None:
    assert known.read_known(tmp_path) == {}
    for name in ("b", "a", "b"):
        (tmp_path / f"{name}.safetensors").write_bytes(name.encode())
        known.record_known(tmp_path / f"{name}.safetensors", method())
    listed = {**known.read_known(tmp_path)}
    listed["a"]["suits"] = {"order": 1}
    (tmp_path / "known.json").write_text(json.dumps(listed))
    known.record_known(tmp_path / "a.safetensors", method())
    entries = known.read_known(tmp_path)
    assert entries["a"]["suits"] == {"order": 1}  # what a person wrote stays
    assert list(entries) == ["a", "b"]
    assert entries["a"]["sha256"] == known.digest(tmp_path / "a.safetensors")


def test_every_published_file_is_known_and_gives_its_result() -> None:
    for name, path in weights.available().items():
        entry = known.read_known(path.parent)[name]
        assert known.digest(path) == entry["sha256"], name
        assert known.fingerprint(weights.load_weights(name).method) == pytest.approx(entry["result"], abs=2e-3), name
