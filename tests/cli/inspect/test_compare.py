import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from blindsr.reproduce import compare as table

Run = Callable[..., Any]


def test_models_side_by_side(blindsr: Run, tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "_SIDE", 16)
    (tmp_path / "hr").mkdir()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (48, 48, 3), np.uint8)).save(tmp_path / "hr" / "a.png")
    common = ("inspect", "compare", "-p", "cmdsr-middle", "--data", tmp_path / "hr", "--device", "cpu")
    ended = blindsr(*common, "-m", "bicubic", "-m", tiny)
    assert ended.code == 0, ended.err
    assert "| cmdsr_x4.tiny |" in ended.out
    ended = blindsr(*common, "-m", tiny, "--json")
    (model,) = json.loads(ended.out)["models"]
    assert model["psnr"].keys() == {"cmdsr-middle"}
    for models, words in ((("-m", tiny, "-m", tiny), "the same name"), (("-m", "bicubic_x2"), "needs x4")):
        ended = blindsr(*common, *models)
        assert (ended.code, ended.err.count("\n")) == (2, 1)
        assert words in ended.err
