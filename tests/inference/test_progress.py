from threading import Event

import pytest
import torch

from blindsr.inference import Bicubic, Upscaler
from blindsr.inference.progress import CancelledError, Watch


def test_every_tile_is_told_and_the_last_is_the_end() -> None:
    told: list[float] = []
    Upscaler(Bicubic(2), device="cpu", tile=10).upscale(torch.rand(3, 25, 20), watch=Watch(told.append))
    assert len(told) == 6
    assert told == sorted(told)
    assert told[-1] == 1


def test_it_stops_after_the_tile_at_hand() -> None:
    cancel, told = Event(), list[float]()

    def progress(fraction: float) -> None:
        told.append(fraction)
        if len(told) == 2:
            cancel.set()

    upscaler = Upscaler(Bicubic(2), device="cpu", tile=10)
    with pytest.raises(CancelledError, match="cancelled"):
        upscaler.upscale(torch.rand(3, 25, 20), watch=Watch(progress, cancel))
    assert len(told) == 2


def test_nobody_need_watch() -> None:
    Watch()(0.5)
