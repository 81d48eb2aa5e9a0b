"""What every method promises to the engine, on its small networks: shapes, tiles, stored conditions, hints, weights."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from blindsr import weights
from blindsr.contract import Hints, Method
from blindsr.degrade import resize
from blindsr.errors import BlindSRError, Code
from blindsr.inference import Upscaler
from blindsr.inference.tiles import restore_tiled

Build = Callable[[str], Method[Any]]


def picture(height: int, width: int) -> Tensor:
    small = torch.rand(1, 3, -(-height // 4), -(-width // 4), generator=torch.Generator().manual_seed(0))
    return resize(small, 4)[..., :height, :width].clamp(0, 1)


def condition_of(network: Method[Any], lr: Tensor, **hints: Any) -> Any:
    with torch.no_grad():
        return network.condition(lr, generator=torch.Generator().manual_seed(0), hints=Hints(**hints))


@torch.no_grad()
def test_any_size(network_name: str, small_network: Build) -> None:
    network = small_network(network_name)
    for height, width in ((1, 1), (3, 17), (24, 20)):
        lr = picture(height, width)
        sr = network.restore(lr, condition_of(network, lr))
        assert sr.shape == (1, 3, network.traits.scale * height, network.traits.scale * width)
        assert bool(torch.isfinite(sr).all())


@torch.no_grad()
def test_tiles_equal_the_whole(network_name: str, small_network: Build) -> None:
    network, lr = small_network(network_name), picture(70, 80)
    condition = condition_of(network, lr)
    whole = network.restore(lr, condition)
    tiled = restore_tiled(network, lr, condition, tile=33, out=torch.empty_like(whole))
    # Random networks are far from 1 inside, so that rounding shows; a margin too small changes results by tenths.
    torch.testing.assert_close(tiled, whole, atol=2e-3, rtol=1e-3)


@torch.no_grad()
def test_conditions_are_repeated_and_described(network_name: str, small_network: Build) -> None:
    network, lr = small_network(network_name), picture(30, 26)
    condition = condition_of(network, lr)
    assert torch.equal(network.restore(lr, condition), network.restore(lr, condition_of(network, lr)))
    json.dumps(network.describe(condition), allow_nan=False)
    estimate = network.estimate(condition)
    if estimate is not None:
        assert float(estimate.kernel.sum()) == pytest.approx(1, abs=1e-4)
        assert estimate.noise.shape == (3,)
        assert bool((estimate.noise >= 0).all())


@torch.no_grad()
def test_stored_conditions_give_the_same_result(network_name: str, small_network: Build) -> None:
    network, lr = small_network(network_name), picture(30, 26)
    condition = condition_of(network, lr)
    try:
        network.check_packable()
    except BlindSRError as error:
        assert error.code == Code.UNSUPPORTED_OPTION  # noqa: PT017  # either is right
        with pytest.raises(BlindSRError, check=Code.UNSUPPORTED_OPTION.matches):
            network.pack(condition)
        return
    stored = network.pack(condition)
    assert torch.equal(network.restore(lr, network.unpack(stored)), network.restore(lr, condition))
    with pytest.raises(BlindSRError, check=Code.INCOMPATIBLE.matches):
        network.unpack({**stored, "other": torch.zeros(1)})


@torch.no_grad()
def test_tensors_of_conditions_give_the_same_result(network_name: str, small_network: Build) -> None:
    network, lr = small_network(network_name), picture(30, 26)
    condition = condition_of(network, lr)
    try:
        tensors = network.to_tensors(condition)
    except BlindSRError as error:
        assert error.code == Code.UNSUPPORTED_OPTION  # noqa: PT017  # either is right
        return
    again = network.from_tensors(tensors)
    assert torch.equal(network.restore(lr, again), network.restore(lr, condition))


def test_hints_are_used_or_refused(network_name: str, small_network: Build) -> None:
    upscaler = Upscaler(small_network(network_name), device="cpu", precision="fp32")
    lr = picture(30, 26)
    kernel = torch.full((3, 3), 1 / 9)
    given = Hints(support=[picture(26, 30)], kernel=kernel, noise=40.0, denoise=0.5, steps=1, seconds=60.0)
    assert len(given.given()) == 6  # all that there are
    for name in given.given():
        hints = Hints(**{name: getattr(given, name)})
        if name in upscaler.method.supported_hints:
            assert torch.isfinite(upscaler(lr, hints)).all()
        else:
            with pytest.raises(BlindSRError, check=Code.UNSUPPORTED_OPTION.matches):
                upscaler.check(hints)


@torch.no_grad()
def test_published_weights_restore_alike(network_name: str, small_network: Build, tmp_path: Path) -> None:
    network, lr = small_network(network_name), picture(20, 22)
    method = network_name.split(maxsplit=1)[0]
    config = network.config.model_dump(mode="json")
    card = weights.Card(name=f"{method}_t", method=method, config=config, recipe={}, provenance={})
    path = tmp_path / "w.safetensors"
    weights.save_weights(path, network, card)
    loaded = weights.load_weights(path).method
    assert type(loaded) is type(network)
    assert loaded.config == network.config
    assert loaded.traits == network.traits
    wanted = network.restore(lr, condition_of(network, lr))
    made = loaded.restore(lr, condition_of(loaded, lr))
    spread = float(wanted.std()) + 1e-3
    assert float((made - wanted).square().mean().sqrt()) < 0.05 * spread  # weights are stored in half precision
