"""A recipe small enough to run in a test, and photographs for it."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

SMALL = (
    "model.blocks=1",
    "model.channels=8",
    "model.support=4",
    "model.patch=8",
    "model.features=8",
    "held_out=2",
    "stage.tasks=2",
    "stage.crop=40",
    "stage.steps=20",
    "stage.warmup=2",
    "stage.validate_every=10",
)


@pytest.fixture
def settings() -> list[str]:
    """Settings that make ``cmdsr_x4.classic`` small: the same code with smaller numbers."""
    return list(SMALL)


@pytest.fixture(scope="session")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of six smooth random images."""
    folder = tmp_path_factory.mktemp("photographs")
    for i in range(6):
        noise = np.random.default_rng(i).integers(0, 256, (9, 12, 3), np.uint8)
        Image.fromarray(noise).resize((72, 56), Image.Resampling.BICUBIC).save(folder / f"{i}.png")
    return folder
