"""Test images and photographs so small, and networks so tiny, that a study is repeated in a moment."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from blindsr import images
from blindsr.degrade import resize
from blindsr.reproduce import Request, Study
from blindsr.reproduce.budget import Budget

SMALL = {
    "cmdsr": (
        *("model.blocks=1", "model.channels=8", "model.patch=8", "model.features=8", "held_out=1"),
        *("stage.crop=32", "stage.restored=2", "regression.steps=0"),
    ),
    "dmsr": (
        *("model.groups=1", "model.blocks=1", "model.channels=8", "model.reduction=4", "model.extractor=8"),
        *("held_out=1", "stage.batch=1", "stage.patch=8", "extraction.batch=1", "extraction.patch=8"),
    ),
    "mzsr": (
        *("model.layers=3", "model.channels=8", "held_out=1", "pretrain.batch=1", "pretrain.crop=32"),
        *("meta.tasks=1", "meta.support=1", "meta.query=1", "meta.crop=32", "estimate.batch=1", "estimate.window=8"),
    ),
    "mrda": (
        *("model.channels=4", "model.blocks=1", "model.mln=4", "held_out=1", "pretrain.batch=1", "pretrain.patch=8"),
        *("meta.tasks=1", "meta.support=1", "meta.query=1", "meta.patch=8", "teacher.batch=1", "teacher.patch=8"),
        *("student.batch=1", "student.patch=8"),
    ),
}
"""Settings that leave the code the same and make its numbers small, by method."""


@pytest.fixture
def small() -> dict[str, tuple[str, ...]]:
    """Return the settings that make a method's recipes tiny."""
    return SMALL


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all benchmarks of the studies, one small image in each, and two in ``Set5``."""
    folder = tmp_path_factory.mktemp("bench")
    for number, name in enumerate(("Set5", "Set5", "Set14", "BSD100", "Urban100", "Manga109")):
        small = torch.rand(1, 3, 12, 12, generator=torch.Generator().manual_seed(number))
        (folder / name).mkdir(exist_ok=True)
        images.write(images.Picture(resize(small, 4)[0].clamp(0, 1)), folder / name / f"{number}.png")
    for name in ("RealSR", "NTIRE2020"):
        for part, side in (("LR", 12), ("HR", 48)):
            pixels = torch.rand(3, side, side, generator=torch.Generator().manual_seed(side))
            (folder / name / part).mkdir(parents=True)
            images.write(images.Picture(pixels), folder / name / part / "a.png")
    return folder


@pytest.fixture(scope="session")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of three smooth random images."""
    folder = tmp_path_factory.mktemp("photographs")
    for number in range(3):
        small = torch.rand(1, 3, 12, 12, generator=torch.Generator().manual_seed(10 + number))
        images.write(images.Picture(resize(small, 4)[0].clamp(0, 1)), folder / f"{number}.png")
    return folder


Ask = Callable[..., Request]


@pytest.fixture
def ask(bench: Path, photographs: Path, tmp_path: Path) -> Ask:
    """A request for a study with tiny networks and a step for each stage."""

    def made(study: Study, **changes: object) -> Request:
        values: dict[str, object] = {
            "data": (bench,),
            "train": (photographs,),
            "budget": Budget.parse("1"),
            "limit": 1,
            "settings": SMALL[study.name.split("-")[0]],
            "device": "cpu",
            "precision": "fp32",
        }
        return Request(study, tmp_path / "out", **{**values, **changes})  # type: ignore[arg-type]

    return made
