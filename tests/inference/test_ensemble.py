from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from blindsr.contract import Hints
from blindsr.degrade import kernels
from blindsr.errors import BlindSRError, Code
from blindsr.inference import Upscaler
from blindsr.inference.ensemble import Ensemble
from blindsr.inference.tiles import restore_tiled
from blindsr.methods.cmdsr.model import CMDSR, CMDSRConfig
from blindsr.methods.mzsr.model import MZSR, MZSRConfig


def seeded(make: Any) -> Any:
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        return make()


def cmdsr() -> CMDSR:
    config = CMDSRConfig(scale=2, blocks=1, channels=8, modulation="none")
    return seeded(lambda: CMDSR(config))  # type: ignore[no-any-return]


def mzsr(down: Any) -> MZSR:
    return seeded(lambda: MZSR(MZSRConfig(layers=3, channels=6, down=down)))  # type: ignore[no-any-return]


def image(height: int = 21, width: int = 16) -> Tensor:
    return torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(0))


def upscaled(method: Any, lr: Tensor, **hints: Any) -> Tensor:
    return Upscaler(method, device="cpu", precision="fp32", tile=13)(lr, Hints(**hints))


def test_it_is_the_mean_of_eight() -> None:
    method, lr = cmdsr(), image()
    alone = Upscaler(method, device="cpu", precision="fp32")
    expected = torch.zeros(1, 3, 42, 32)
    for turns in range(4):
        for mirrored in (False, True):
            turned = torch.rot90(lr, turns, (2, 3))
            form = turned.flip(3) if mirrored else turned
            sr = method.restore(form, alone.condition(form)).detach()
            expected += torch.rot90(sr.flip(3) if mirrored else sr, -turns, (2, 3)) / 8
    ensemble, made = Ensemble(method), torch.empty_like(expected)
    condition = Upscaler(ensemble, device="cpu", precision="fp32").condition(lr)
    with torch.no_grad():
        restore_tiled(ensemble, lr, condition, tile=13, out=made)
    torch.testing.assert_close(made, expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize("mirror", [lambda x: x.flip(-1), lambda x: x.flip(-2), lambda x: x.transpose(-2, -1)])
def test_a_mirrored_image_gives_a_mirrored_result_even_where_the_image_teaches(mirror: Any) -> None:
    kernel = kernels.gaussian(9, 2.0, 0.7, 0.5)
    lr = image(24, 16)
    once = upscaled(Ensemble(mzsr("bicubic")), lr, kernel=kernel, noise=0.0, steps=1)
    other = upscaled(Ensemble(mzsr("bicubic")), mirror(lr), kernel=mirror(kernel), noise=0.0, steps=1)
    torch.testing.assert_close(mirror(once), other, atol=1e-5, rtol=0)
    alone = upscaled(mzsr("bicubic"), lr, kernel=kernel, noise=0.0, steps=1)
    assert not torch.allclose(alone, once, atol=1e-4)


def test_it_is_told_and_tells_what_the_method_does() -> None:
    method = mzsr("bicubic")
    ensemble = Ensemble(method)
    assert ensemble.supported_hints == method.supported_hints
    assert ensemble.traits == method.traits
    condition = Upscaler(ensemble, device="cpu").condition(image(), Hints(kernel=kernels.gaussian(9, 1.0), noise=0.0))
    assert ensemble.describe(condition)["kernel"] == "given"
    assert ensemble.estimate(condition) is not None


def test_all_forms_share_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    method, given = mzsr("bicubic"), []
    real = method.condition

    def condition(lr: Tensor, *, generator: torch.Generator, hints: Hints) -> Any:
        given.append(hints.seconds)
        return real(lr, generator=generator, hints=replace(hints, seconds=None, steps=0))

    monkeypatch.setattr(method, "condition", condition)
    Upscaler(Ensemble(method), device="cpu").condition(image(), Hints(seconds=4.0))
    assert given == [0.5] * 8


def test_direct_subsampling_has_a_direction() -> None:
    with pytest.raises(BlindSRError, check=Code.UNSUPPORTED_OPTION.matches):
        Ensemble(mzsr("direct"))
