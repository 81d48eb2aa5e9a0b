import inspect
import pickle
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from blindsr import images
from blindsr.analysis.choice import Auto
from blindsr.cli.upscale import upscale
from blindsr.degrade import kernels
from blindsr.errors import BlindSRError, Code
from blindsr.inference import Upscaler
from blindsr.pipeline.options import Options, parse_duration


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
    ("options", "code"),
    [
        ({"blur": 0.0}, Code.INVALID_VALUE),
        ({"blur": float("nan")}, Code.INVALID_VALUE),
        ({"noise": -1.0}, Code.INVALID_VALUE),
        ({"denoise": float("inf")}, Code.INVALID_VALUE),
        ({"time_limit": "soon"}, Code.INVALID_VALUE),
        ({"kernel": Path("k.npy"), "blur": 1.0}, Code.CONFLICTING_OPTIONS),
        ({"kernel": Path("missing.npy")}, Code.CANNOT_READ),
        ({"support": [Path("missing.png")]}, Code.FILE_NOT_FOUND),
    ],
)
def test_nonsense_is_one_sentence(options: dict[str, Any], code: Code) -> None:
    with pytest.raises(BlindSRError, check=code.matches):
        Options(**options).hints()


def test_the_command_has_each_option_by_its_name_and_with_its_default() -> None:
    command = inspect.signature(upscale).parameters
    renamed = {"format": "form"}
    for field in fields(Options):
        parameter = command[renamed.get(field.name, field.name)]
        assert parameter.default == field.default, field.name
    alone = {"inputs", "out", "json", "files_from", "engine", "address", "workers"}
    assert set(command) == {renamed.get(field.name, field.name) for field in fields(Options)} | alone


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"overwrite": True, "skip_existing": True}, Code.CONFLICTING_OPTIONS),
        ({"condition": "c.json", "noise": 1.0}, Code.CONFLICTING_OPTIONS),
        ({"preview": "0,0,1,1", "scale": 2.0}, Code.CONFLICTING_OPTIONS),
        ({"preview": "0,0,1,1", "native": "auto"}, Code.CONFLICTING_OPTIONS),
        ({"preview": "0,0"}, Code.INVALID_VALUE),
        ({"model": Auto(Upscaler), "noise": 1.0}, Code.CONFLICTING_OPTIONS),
        ({"scale": 2.0, "size": "9x"}, Code.CONFLICTING_OPTIONS),
        ({"scale": 0.0}, Code.INVALID_VALUE),
        ({"native": "much"}, Code.INVALID_VALUE),
        ({"tile": "many"}, Code.INVALID_VALUE),
        ({"bits": 12}, Code.INVALID_VALUE),
        ({"quality": 0}, Code.INVALID_VALUE),
        ({"strength": 1.5}, Code.INVALID_VALUE),
        ({"detail": -0.1}, Code.INVALID_VALUE),
        ({"detail": float("nan")}, Code.INVALID_VALUE),
        ({"max_memory": "1KB"}, Code.INVALID_VALUE),
        ({"compare": Path("c.xyz")}, Code.CANNOT_WRITE),
    ],
)
def test_options_that_make_no_sense_are_refused_when_they_are_given(options: dict[str, Any], code: Code) -> None:
    with pytest.raises(BlindSRError, check=code.matches):
        Options(**options)


def test_values_may_be_written_or_given() -> None:
    written = Options(preview="1,2,3,4", max_memory="2GB", bits="16", tile="64", time_limit="2s")
    given = Options(preview=(1, 2, 3, 4), max_memory=2 * 10**9, bits=16, tile=64, time_limit=2.0)
    for name in ("region", "memory_limit", "depth", "tile_side"):
        assert getattr(written, name) == getattr(given, name)
    assert Options(native="0.5").shrinking == Options(native=0.5).shrinking == 0.5
    assert written.hints().seconds == given.hints().seconds == 2.0


def test_what_travels_names_no_files(tmp_path: Path) -> None:
    np.save(tmp_path / "k.npy", np.ones((5, 5)))
    images.write(images.Picture(torch.rand(3, 12, 12)), tmp_path / "s.png")
    here = Options(kernel=tmp_path / "k.npy", support=[tmp_path / "s.png"], noise=2.0)
    there = pickle.loads(pickle.dumps(here.portable()))
    (tmp_path / "k.npy").unlink()
    (tmp_path / "s.png").unlink()
    known = there.hints()
    assert (known.noise, known.kernel.shape, known.support[0].shape) == (2.0, (5, 5), (1, 3, 12, 12))


@pytest.mark.parametrize(
    ("options", "template", "scale"),
    [
        ({}, "{stem}_x{scale}", 4),
        ({"scale": 2.5}, "{stem}_x{scale}", 2.5),
        ({"size": "30x"}, "{stem}_{scale}", "30x"),
        ({"megapixels": 24.0}, "{stem}_{scale}", "24MP"),
        ({"format": "jpeg"}, "{stem}_x{scale}.jpeg", 4),
        ({"name": "{stem}.png", "format": "jpeg"}, "{stem}.png", 4),
    ],
)
def test_results_are_named_by_the_options(options: dict[str, Any], template: str, scale: float | str) -> None:
    naming = Options(model="some/m_x4.tiny.safetensors", **options).naming(4)
    assert (naming.template, naming.scale, naming.model) == (template, scale, "m_x4.tiny")


@pytest.mark.parametrize(("text", "expected"), [("45s", 45), ("1.5m", 90), ("2h", 7200), ("0s", 0)])
def test_units(text: str, expected: float) -> None:
    assert parse_duration(text) == expected


@pytest.mark.parametrize("text", ["", "5", "m", "-5s", "5 s", "5sec", "1e3s"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(BlindSRError, check=Code.INVALID_VALUE.matches):
        parse_duration(text)
