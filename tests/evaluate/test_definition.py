from pathlib import Path

import pytest
import torch

from blindsr.degrade import Degradation, kernels
from blindsr.errors import BlindSRError, Code
from blindsr.evaluate import Scores, data_sets, evaluate, protocol
from blindsr.evaluate.definition import seed_of
from blindsr.evaluate.run import restore_with_hints
from blindsr.evaluate.table import markdown
from blindsr.inference import Bicubic, Upscaler


def test_seeds_are_stable() -> None:
    # A change of these changes every noisy number that was ever published with this package.
    assert seed_of("cmdsr-middle", "baby") == 4127947460824609393
    assert seed_of("cmdsr-middle", "bird") == 3996674170363530713


def test_seeds_differ_by_image_and_protocol_and_fit_int64() -> None:
    seeds = [seed_of(name, f"img_{i:03}") for name in ("a", "b") for i in range(100)]
    assert len(set(seeds)) == 200
    assert all(0 <= seed < 2**62 for seed in seeds)


def test_paper_rows() -> None:
    middle = protocol("cmdsr-middle")
    assert middle.paper_psnr("cmdsr_x4.classic", "Set5") == 27.10
    assert middle.paper_psnr("anything else", "bsd100") == 25.12
    assert middle.paper_psnr("cmdsr_x4.plain", "Set5") == 26.09
    assert middle.paper_psnr("cmdsr_x4.plain", "Set14") is None
    assert middle.paper_psnr("cmdsr_x4.classic", "Urban100") is None


def test_models_are_told_what_their_paper_tells_them() -> None:
    given, blind = protocol("mzsr-g2.0-direct"), protocol("cmdsr-middle")
    (degradation,) = given.degradations("baby")
    told = given.oracle_hints(degradation, frozenset({"kernel", "noise", "steps"}))
    assert told.given() == ["kernel", "noise"]
    assert told.noise == 0.0
    assert told.kernel is not None
    assert torch.equal(told.kernel, degradation.kernels[0])
    assert given.oracle_hints(degradation, frozenset({"steps"})).given() == []
    assert blind.oracle_hints(blind.degradations("baby")[0], frozenset({"kernel", "noise"})).given() == []


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
        restore_with_hints(Upscaler(Bicubic(2)), None, None),
        protocol(str(tmp_path / "harm.json")),
        data_sets(hr_folder, 1),
        model="mine",
    )
    text = markdown([scores])
    assert "| mine |" in text
    assert "paper:" not in text
    assert "difference" not in text


def test_what_is_no_record_of_one_image_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(BlindSRError, check=Code.CANNOT_READ.matches):
        protocol(str(tmp_path / "none.json"))
    two = {"kernels": torch.ones(2, 1, 1), "noise": torch.zeros(2), "jpeg": torch.zeros(2).long()}
    record(tmp_path / "two.json", **two, seeds=torch.zeros(2).long())
    with pytest.raises(BlindSRError, check=Code.INVALID_FILE.matches):
        protocol(str(tmp_path / "two.json"))
