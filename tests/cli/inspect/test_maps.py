from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from blindsr import images
from blindsr.inference.load import load
from blindsr.inference.modulation import modulation_map

Run = Callable[..., Any]


def test_a_map_as_large_as_the_image(blindsr: Run, modulated: Path, tiny: Path, tmp_path: Path) -> None:
    photo, out = tmp_path / "photo.png", tmp_path / "map.png"
    images.write(images.Picture(torch.rand(3, 20, 30, generator=torch.Generator().manual_seed(0))), photo)
    ended = blindsr("inspect", "maps", photo, "-m", modulated, "-o", out)
    assert ended.code == 0, ended.err
    drawn = images.read(out)
    assert (drawn.width, drawn.height, drawn.metadata.gray) == (30, 20, True)
    upscaler, picture = load(str(modulated)), images.read(photo)
    gains = modulation_map(upscaler, picture.pixels[None], upscaler.estimate_condition(picture))
    torch.testing.assert_close(drawn.pixels, gains.expand(3, -1, -1), atol=0.51 / 255, rtol=0)
    assert f"{float(gains.min()):.3f} to {float(gains.max()):.3f}" in ended.out
    for arguments, words in (
        ((photo, "-m", tiny, "-o", out, "--overwrite"), "modulation maps by region"),
        ((photo, "-m", modulated, "-o", out), "already exists"),
        ((photo, "-m", modulated, "-o", photo, "--overwrite"), "is used twice; choose another name"),
        ((tmp_path / "none.png", "-m", modulated, "-o", out, "--overwrite"), "does not exist"),
        ((photo, "-m", modulated, "-o", tmp_path / "no" / "map.png"), "does not exist"),
    ):
        ended = blindsr("inspect", "maps", *arguments)
        assert ended.code == 2
        assert ended.err.count("\n") == 1
        assert words in ended.err
