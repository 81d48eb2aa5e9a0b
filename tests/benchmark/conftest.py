import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from blindsr import images
from blindsr.benchmark.suite import Suite, combined_digest, digest, parse_suite

SIZES = {"first": (56, 48), "second": (64, 52)}
"""Width and height."""


def picture(name: str) -> Tensor:
    """Levels of an image of smooth shapes and texture, the same everywhere."""
    width, height = SIZES[name]
    data = hashlib.shake_256(name.encode()).digest(3 * width * height)
    texture = torch.tensor(list(data)).view(3, height, width)
    shape = (torch.arange(height)[:, None] * 3 + torch.arange(width)[None] * 2) % 200
    return (texture // 4 + shape * 3 // 4).clamp(0, 255).to(torch.uint8)


def plain() -> dict[str, Any]:
    """A suite of three cases without sums."""
    measured = {"channel": "y", "border": 4, "rounding": "sr"}
    case = {"source": "none", "scale": 4, "measured": measured}
    noise = {"step": "noise", "std": 12.5}
    return {
        "format": "blindsr-suite",
        "version": 1,
        "name": "small-1",
        "title": "two small images",
        "data_sets": {
            "Two": {
                name: {"size": list(SIZES[name]), "sha256": digest(picture(name))}  #
                for name in SIZES
            }
        },
        "kernels": {"wide": [[16, 32, 16], [32, 64, 32], [16, 32, 16]]},
        "cases": [
            {
                **case,
                "name": "blurred",
                "title": "blur, noise",
                "core": True,
                "steps": [
                    {"step": "blur", "kernel": "wide", "border": "reflect"},
                    {"step": "reduce", "scale": 4},
                    noise,
                    {"step": "quantise"},
                ],
                "sha256": {"Two": ""},
            },
            {
                **case,
                "name": "halved",
                "title": "direct, x2",
                "scale": 2,
                "steps": [{"step": "reduce", "scale": 2, "mode": "direct"}, {"step": "quantise", "how": "floor"}],
                "sha256": {"Two": ""},
            },
            {
                **case,
                "name": "posted",
                "title": "each image its own way",
                "records": {
                    "Two": {
                        "first": [
                            {"step": "resize", "size": [31, 37], "mode": "area"},
                            {"step": "shot", "strength": 1.5, "gray": True},
                            {"step": "jpeg", "quality": 60, "offset": [3, 5]},
                            {"step": "resize", "size": [12, 14], "mode": "bicubic"},
                            {"step": "jpeg", "quality": 80, "full_chroma": True},
                        ],
                        "second": [
                            {"step": "resize", "size": [80, 70], "mode": "bilinear"},
                            {**noise, "gray": True},
                            {"step": "resize", "size": [13, 16], "mode": "antialiased"},
                            {"step": "quantise"},
                        ],
                    }
                },
                "sha256": {"Two": ""},
            },
        ],
    }


def frozen() -> Suite:
    """The suite with the sums of its own images."""
    values = plain()
    suite = parse_suite(json.dumps(values), "small-1")
    for case, entry in zip(suite.cases, values["cases"], strict=True):
        entry["sha256"]["Two"] = combined_digest(
            [digest(suite.degrade(case, "Two", name, picture(name))) for name in SIZES]
        )
    return parse_suite(json.dumps(values), "small-1")


@pytest.fixture(scope="session")
def suite() -> Suite:
    return frozen()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder with the originals under other names."""
    folder = tmp_path / "data" / "somewhere"
    folder.mkdir(parents=True)
    for name in SIZES:
        images.write(images.Picture(picture(name).float() / 255), folder / f"renamed_{name}.png")
    return tmp_path / "data"


@pytest.fixture
def suite_file(suite: Suite, tmp_path: Path) -> Path:
    path = tmp_path / "small-1.json"
    path.write_text(suite.model_dump_json())
    return path
