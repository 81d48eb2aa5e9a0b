"""``blindsr models``."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from blindsr import weights

Run = Callable[..., Any]


def test_list(blindsr: Run, tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "available", lambda: {"cmdsr_x4.tiny": tiny})
    ended = blindsr("models")
    assert ended.code == 0
    row = next(line for line in ended.out.splitlines() if "cmdsr_x4.tiny" in line)
    count = sum(parameter.numel() for parameter in weights.load_weights(tiny).method.parameters())
    for cell in ("cmdsr ", "x4", f"{count:,}", "MB", "123"):
        assert cell in row


def test_show(blindsr: Run, tiny: Path) -> None:
    ended = blindsr("models", "show", tiny)
    assert ended.code == 0
    for line in ("name: cmdsr_x4.tiny", "licence: Apache-2.0", "  channels: 8", "  seed: 3", "  steps: 123"):
        assert line in ended.out.splitlines()
    tiny.with_suffix(".md").write_text("# For people\n", encoding="utf-8")
    assert blindsr("models", "show", tiny).out == "# For people\n"
    assert blindsr("models", "show", tiny, "--yaml").out == ended.out


def test_show_unknown(blindsr: Run) -> None:
    ended = blindsr("models", "show", "nonsense")
    assert ended.code == 2
    assert ended.err.count("\n") == 1
    assert "nonsense" in ended.err


def test_models_of_others(blindsr: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("spandrel", reason="needs the extra community")
    from spandrel.architectures.Compact import Compact

    torch.save(Compact(num_feat=8, num_conv=2).state_dict(), tmp_path / "4x-Test.pth")
    (tmp_path / "torn.safetensors").write_bytes(b"1")
    monkeypatch.setenv("BLINDSR_MODELS", str(tmp_path))
    rows = blindsr("models").out.splitlines()
    assert any("4x-Test" in row and "community" in row for row in rows)
    assert any("torn" in row and "damaged" in row for row in rows)
    ended = blindsr("models", "show", "4x-Test")
    assert ended.code == 0
    assert "architecture: RealESRGAN Compact" in ended.out.splitlines()
    assert blindsr("models", "show", "torn").code == 2
