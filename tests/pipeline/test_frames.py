"""Animations and pages, restored as the pictures that they consist of."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from blindsr.errors import BlindSRError, Code
from blindsr.images import Frames, Metadata, Picture
from blindsr.inference.bicubic import Bicubic
from blindsr.inference.load import load
from blindsr.inference.size import Size
from blindsr.inference.upscaler import Upscaler
from blindsr.pipeline.frames import fitting_tile, middle_frame, restore_frames


@pytest.fixture(name="upscaler")
def _upscaler() -> Upscaler:
    return load("bicubic_x2")


def _frames(durations: tuple[int, ...] = (50, 60, 70)) -> Frames:
    generator = np.random.default_rng(0)
    samples = [generator.integers(0, 256, (8, 6, 3), np.uint8) for _ in range(3)]
    return Frames(samples, Metadata(xmp=b"<x/>"), durations, plays=3)


def test_each_frame_is_what_its_picture_becomes(upscaler: Upscaler) -> None:
    result = restore_frames(upscaler, _frames())
    assert (result.durations, result.plays, result.metadata.xmp) == ((50, 60, 70), 3, b"<x/>")
    for one, picture in zip(result.samples, _frames().pictures(), strict=True):
        np.testing.assert_array_equal(one, upscaler.upscale(picture).to_array())


@pytest.mark.parametrize(("durations", "looked_at"), [((50, 60, 70), [1]), ((), [0, 1, 2])])
def test_an_animation_has_one_condition_and_pages_have_each_their_own(
    upscaler: Upscaler, monkeypatch: pytest.MonkeyPatch, durations: tuple[int, ...], looked_at: list[int]
) -> None:
    seen: list[int] = []
    frames = _frames(durations)
    pictures = list(frames.pictures())

    def look(picture: Picture, *_: Any) -> str:
        seen.extend(n for n, one in enumerate(pictures) if torch.equal(one.pixels, picture.pixels))
        return "known"

    monkeypatch.setattr(upscaler, "estimate_condition", look)
    restore_frames(upscaler, frames)
    assert seen == looked_at
    torch.testing.assert_close(middle_frame(frames).pixels, pictures[1].pixels)


def test_size_depth_and_native_resolution(upscaler: Upscaler) -> None:
    result = restore_frames(upscaler, _frames(), size=Size(factor=1.5), bits=16, native=0.5)
    assert {(one.shape, one.dtype.name) for one in result.samples} == {((12, 9, 3), "uint16")}


def test_what_does_not_fit_is_refused(upscaler: Upscaler) -> None:
    assert fitting_tile(upscaler, _frames(), 10**9) == upscaler.tile
    with pytest.raises(BlindSRError, check=Code.OUT_OF_MEMORY.matches):
        fitting_tile(upscaler, _frames(), 10**6)


@pytest.mark.parametrize(("durations", "own"), [((50, 60, 70), 0), ((), 2)])
def test_a_frame_that_a_network_fails_on_changes_the_model_of_the_whole_animation(
    upscaler: Upscaler, monkeypatch: pytest.MonkeyPatch, durations: tuple[int, ...], own: int
) -> None:
    class Dimmed(Bicubic):
        """Fails on the middle frame, and shows where it does not."""

        calls = 0

        def restore(self, lr: Tensor, condition: None) -> Tensor:
            self.calls += 1
            return 0.9 * super().restore(lr, condition) + (5 if self.calls == 2 else 0)

    monkeypatch.setattr("blindsr.inference.faithful.Bicubic", type("Other", (Bicubic,), {}))
    failing = Upscaler(Dimmed(2), device="cpu")
    monkeypatch.setattr(failing, "fallback", upscaler)
    result = restore_frames(failing, _frames(durations))
    unlike = [
        not np.array_equal(one, upscaler.upscale(picture).to_array())
        for one, picture in zip(result.samples, _frames().pictures(), strict=True)
    ]
    assert sum(unlike) == own
