from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from blindsr import images
from blindsr.degrade import kernels
from blindsr.errors import BlindSRError
from blindsr.pipeline.options import Options


def test_nothing_known() -> None:
    assert Options().hints().given() == []


def test_everything_known(tmp_path: Path) -> None:
    np.save(tmp_path / "k.npy", np.ones((5, 5)))
    known = Options(kernel=tmp_path / "k.npy", noise=3.0, denoise=0.5, steps=7, time_limit="2m").hints()
    assert known.given() == ["kernel", "noise", "denoise", "steps", "seconds"]
    assert known.kernel is not None
    torch.testing.assert_close(known.kernel, torch.full((5, 5), 0.04))
    assert (known.noise, known.denoise, known.steps, known.seconds) == (3.0, 0.5, 7, 120.0)


def test_a_support_image_shows_what_restoring_it_would_see(tmp_path: Path) -> None:
    """Colour that lies hidden under transparent pixels is no part of the photograph."""
    pixels, alpha = torch.full((3, 12, 12), 0.25), torch.ones(1, 12, 12)
    pixels[:, :, 6:], alpha[:, :, 6:] = 1.0, 0.0
    images.write(images.Picture(pixels, alpha=alpha), tmp_path / "s.png")
    support = Options(support=[tmp_path / "s.png"]).hints().support
    assert support is not None
    torch.testing.assert_close(support[0], torch.full((1, 3, 12, 12), 0.25), atol=0.01, rtol=0)


@pytest.mark.parametrize(("width", "side"), [(1.0, 15), (2.0, 15), (4.0, 25)])
def test_a_width_is_a_kernel_that_holds_it(width: float, side: int) -> None:
    kernel = Options(blur=width).hints().kernel
    assert kernel is not None
    torch.testing.assert_close(kernel, kernels.gaussian(side, width))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"blur": 0.0}, "--blur"),
        ({"blur": float("nan")}, "--blur"),
        ({"noise": -1.0}, "--noise"),
        ({"denoise": float("inf")}, "--denoise"),
        ({"time_limit": "soon"}, "time limit"),
        ({"kernel": Path("k.npy"), "blur": 1.0}, "either"),
        ({"kernel": Path("missing.npy")}, "missing.npy"),
        ({"support": [Path("missing.png")]}, "missing.png"),
    ],
)
def test_nonsense_is_one_sentence(options: dict[str, Any], words: str) -> None:
    with pytest.raises(BlindSRError, match=words):
        Options(**options).hints()
