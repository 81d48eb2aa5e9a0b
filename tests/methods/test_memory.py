"""What methods say of the memory that restoring takes, beside what torch's profiler sees."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.profiler import ProfilerActivity, profile

from blindsr.contract import Hints, Method
from blindsr.methods.dmsr import deblur, model

SIDES = (64, 96)


def peak(method: Method[Any], side: int, trace: Path) -> int:
    """Most bytes that are held at once while an image is restored."""
    lr = torch.rand(1, 3, side, side).contiguous(memory_format=torch.channels_last)
    hints = Hints(steps=0) if "steps" in method.supported_hints else Hints()
    with torch.no_grad():
        condition = method.condition(lr, generator=torch.Generator().manual_seed(0), hints=hints)
        with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as seen:
            method.restore(lr, condition)
    seen.export_chrome_trace(str(trace))
    events = [event for event in json.loads(trace.read_text())["traceEvents"] if event.get("name") == "[memory]"]
    totals = [event["args"]["Total Allocated"] for event in sorted(events, key=lambda event: float(event["ts"]))]
    return int(max(totals) - min(totals))


def test_memory_grows_with_pixels_as_the_method_says(
    network_name: str, small_network: Callable[[str], Method[Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deblur, "_STRIP", 2**10)  # as in large tiles, whose strips are few of their pixels
    monkeypatch.setattr(model, "_BAND", 2**10)
    method = small_network(network_name).to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stub
    small, large = (peak(method, side, tmp_path / f"{side}.json") for side in SIDES)
    each = (large - small) / (SIDES[1] ** 2 - SIDES[0] ** 2)
    said = 4 * method.traits.floats_per_pixel
    assert said / 2 < each < 1.01 * said
