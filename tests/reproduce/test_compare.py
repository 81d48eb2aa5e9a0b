from pathlib import Path

import pytest

from blindsr.evaluate import data_sets, evaluate, protocol
from blindsr.inference import Bicubic, Upscaler
from blindsr.methods.cmdsr.model import CMDSR, CMDSRConfig
from blindsr.reproduce import compare as table
from blindsr.reproduce.compare import ModelEntry, compare, markdown, to_dict


def test_entries_are_what_evaluation_gives(hr_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "_SIDE", 16)
    small = CMDSR(CMDSRConfig(blocks=1, channels=8, support=2, patch=8, features=8))
    models = {"a": Upscaler(Bicubic(4), device="cpu"), "b": Upscaler(small, device="cpu", precision="fp32")}
    chosen, (data, *_) = [protocol("cmdsr-middle"), protocol("cmdsr-severe")], data_sets(hr_folder)
    first, second = compare(models, chosen, data)
    assert (first.model, first.parameters) == ("a", 0)
    assert second.parameters == sum(p.numel() for p in small.parameters())
    assert min(first.seconds, second.seconds) > 0
    for one, psnr in zip(chosen, first.psnr, strict=True):
        (column,) = evaluate(lambda lr, _: models["a"](lr), one, [data], model="a").columns
        assert psnr == column.bicubic.psnr == column.model.psnr


def test_the_table_tells_differences_to_the_first() -> None:
    chosen = [protocol("cmdsr-middle")]
    entries = [ModelEntry("a", 1_500_000, 0.25, (25.0,)), ModelEntry("b", 2_000_000, 0.5, (25.5,))]
    text = markdown(entries, chosen, "Set5")
    assert "| a | 1.50 M | 0.250 | 25.00 |" in text
    assert "| b | 2.00 M | 0.500 | 25.50 (+0.50) |" in text
    assert to_dict(entries, chosen, "Set5")["models"][1]["psnr"] == {"cmdsr-middle": 25.5}
