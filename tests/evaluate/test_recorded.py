from pathlib import Path

import pytest
import torch

from blindsr.degrade import Degradation, kernels
from blindsr.errors import BlindSRError
from blindsr.evaluate import Scores, data_sets, evaluate, protocol
from blindsr.evaluate.run import telling
from blindsr.evaluate.table import markdown
from blindsr.inference import Bicubic, Upscaler


def record(path: Path, **changes: object) -> Degradation:
    values = {
        "scale": 2,
        "kernels": kernels.gaussian(15, 1.5)[None],
        "noise": torch.tensor([10.0]),
        "jpeg": torch.tensor([50]),
        "seeds": torch.tensor([7]),
        **changes,
    }
    made = Degradation(**values)  # type: ignore[arg-type]
    path.write_text(made.to_json())
    return made


def test_every_image_is_harmed_alike_with_noise_of_its_own(tmp_path: Path) -> None:
    made = record(tmp_path / "harm.png.json")
    chosen = protocol(str(tmp_path / "harm.png.json"))
    assert (chosen.name, chosen.scale, chosen.convention.border) == ("harm.png", 2, 2)
    (one,), (other,), (again,) = (chosen.degradations(image) for image in ("a", "b", "a"))
    assert int(one.seeds) == int(again.seeds) != int(other.seeds)
    for degradation in (one, other):
        assert torch.equal(degradation.kernels, made.kernels)
        assert (float(degradation.noise), int(degradation.jpeg)) == (10, 50)


def test_the_table_has_no_rows_for_a_paper(tmp_path: Path, hr_folder: Path) -> None:
    record(tmp_path / "harm.json")
    scores: Scores = evaluate(
        telling(Upscaler(Bicubic(2)), None, None),
        protocol(str(tmp_path / "harm.json")),
        data_sets(hr_folder, 1),
        model="mine",
    )
    text = markdown([scores])
    assert "| mine |" in text
    assert "paper:" not in text
    assert "difference" not in text


def test_what_is_no_record_of_one_image_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(BlindSRError, match="cannot read"):
        protocol(str(tmp_path / "none.json"))
    two = {"kernels": torch.ones(2, 1, 1), "noise": torch.zeros(2), "jpeg": torch.zeros(2).long()}
    record(tmp_path / "two.json", **two, seeds=torch.zeros(2).long())
    with pytest.raises(BlindSRError, match="describes 2 images"):
        protocol(str(tmp_path / "two.json"))
