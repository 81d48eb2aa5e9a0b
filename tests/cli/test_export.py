"""``blindsr export``."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("onnxruntime", reason="needs the extra onnx")


def test_export(blindsr: Callable[..., Any], modulated: Path, tmp_path: Path) -> None:
    ended = blindsr("export", modulated, "-o", tmp_path / "out")
    assert ended.code == 0
    names = ["mrda_x2.tiny.onnx", "mrda_x2.tiny.condition.onnx", "mrda_x2.tiny.json"]
    assert ended.out.splitlines() == [str(tmp_path / "out" / name) for name in names]
    assert "of 255" in ended.err  # the largest difference from torch
    again = blindsr("export", modulated, "-o", tmp_path / "out")
    assert again.code == 2
    assert again.err.count("\n") == 1
