from pathlib import Path

import pytest
import torch

from blindsr import images
from blindsr.analysis.choice import COMPRESSED, ESTIMATOR, GENERAL, Auto, choose
from blindsr.analysis.native import safe
from blindsr.analysis.report import Analysis
from blindsr.contract import Estimate, Hints
from blindsr.degrade import kernels
from blindsr.errors import BlindSRError
from blindsr.inference import Bicubic, Upscaler
from blindsr.methods.mzsr.model import MZSR, MZSRConfig
from blindsr.pipeline.batch import restore_all
from blindsr.pipeline.options import Options
from blindsr.pipeline.plan import Job


def analysis(noise: float = 0.0, jpeg: int | None = None, native: float = 1.0) -> Analysis:
    estimate = Estimate(kernels.gaussian(15, 1.0), torch.full((3,), noise), 1.0, "bicubic")
    return Analysis(estimate, jpeg, (40, 30), native)


@pytest.mark.parametrize(
    ("found", "factor", "expected"),
    [
        (analysis(), 2.0, "mzsr_x2.bicubic"),
        (analysis(), 1.5, "mzsr_x2.bicubic"),
        (analysis(), 4.0, GENERAL),
        (analysis(noise=20), 2.0, GENERAL),
        (analysis(jpeg=60), 2.0, COMPRESSED),
        (analysis(jpeg=60, noise=20), 4.0, COMPRESSED),
        (analysis(jpeg=97), 2.0, "mzsr_x2.bicubic"),
        (analysis(native=0.5), 2.0, GENERAL),
    ],
)
def test_who_suits_whom(found: Analysis, factor: float, expected: str) -> None:
    choice = choose(found, factor)
    assert choice.model == expected
    assert choice.native == safe(found.native)


def test_the_reasons_are_those_found() -> None:
    words = " and ".join(choose(analysis(noise=20, jpeg=60, native=0.5), 2.0).reasons)
    for part in ("about 20 of 255", "quality 60", "2 times", "50%"):
        assert part in words


def test_what_is_chosen_is_told_nothing() -> None:
    auto = Auto(Load())
    auto.check(Hints())
    with pytest.raises(BlindSRError, match="name a model to tell it about noise"):
        auto.check(Hints(noise=3.0))


class Load:
    """Small models under the names of the package's."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def __call__(self, name: str) -> Upscaler:
        self.names.append(name)
        if name != ESTIMATOR:
            return Upscaler(Bicubic(4), device="cpu")
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(0)
            return Upscaler(MZSR(MZSRConfig(layers=2, channels=4, down="bicubic")), device="cpu")


def test_each_photograph_gets_its_own_and_each_model_is_loaded_once(tmp_path: Path) -> None:
    load = Load()
    jobs = []
    for index, level in enumerate((0.0, 0.2, 0.2)):
        noise = level * torch.randn(3, 48, 56, generator=torch.Generator().manual_seed(index))
        source = tmp_path / f"{index}.png"
        images.write(images.Picture((0.5 + noise).clamp(0, 1)), source)
        jobs.append(Job(source, tmp_path / "out" / f"{index}.png"))
    outcomes = list(restore_all(jobs, Options(model=Auto(load, 2.0), report=True)))
    assert [outcome.error for outcome in outcomes] == [None] * 3
    assert [outcome.findings["model"] for outcome in outcomes] == [ESTIMATOR, GENERAL, GENERAL]
    assert all("noise" in outcome.findings["because"][0] for outcome in outcomes)
    assert {(images.read(job.target).width, images.read(job.target).height) for job in jobs} == {(112, 96)}
    assert sorted(load.names) == sorted([ESTIMATOR, GENERAL])
    (plain,) = restore_all(jobs[1:2], Options(model=Auto(load, 2.0), overwrite=True))
    assert plain.findings == {"model": GENERAL}
