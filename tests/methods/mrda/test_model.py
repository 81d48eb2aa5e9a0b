import copy
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.func import functional_call

from blindsr import weights
from blindsr.degrade import resize
from blindsr.errors import BlindSRError, Code
from blindsr.inference.tiles import restore_tiled
from blindsr.methods.mrda.model import MRDA, MRDAConfig
from blindsr.nn.blocks import windows


def tiny(**config: Any) -> MRDA:
    values = {"channels": 6, "blocks": 2, "mln": 4, **config}
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        return MRDA(MRDAConfig(**values)).eval()


def picture(height: int, width: int, count: int = 1, seed: int = 0) -> Tensor:
    small = torch.rand(count, 3, -(-height // 4), -(-width // 4), generator=torch.Generator().manual_seed(seed))
    return resize(small, 4)[..., :height, :width].clamp(0, 1)


@torch.no_grad()
def condition(net: MRDA, lr: Tensor) -> Tensor:
    return net.condition(lr, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("upscaler", ["fixed", "free"])
def test_each_pair_adapts_by_itself_and_from_the_start(upscaler: str) -> None:
    net, hr = tiny(upscaler=upscaler), picture(24, 32, count=3)
    lr = resize(hr, 0.25)
    rates = [0.5, 0.2]
    adapted = net.specific(lr, hr, rates)
    together, images = net.specific_features(lr, adapted), net.specific_images(lr, adapted)
    assert (upscaler == "free") == (len(net.mln.adaptable) > 14)
    for i in range(3):
        leaves = [values.detach().clone().requires_grad_() for values in net.mln.adaptable.values()]
        one = lr[i : i + 1]

        def restored(leaves: list[Tensor], x: Tensor) -> Tensor:
            upscaler = copy.deepcopy(net.mln.upscaler)
            own = zip(dict(upscaler.named_parameters()), leaves[14:], strict=False)
            sr: Tensor = net.mln.enlarge(x) + functional_call(upscaler, dict(own), (features(leaves, x),))
            return sr

        def features(leaves: list[Tensor], x: Tensor) -> Tensor:
            for index in range(7):
                x = F.leaky_relu(F.conv2d(x, leaves[2 * index], leaves[2 * index + 1], padding=1), 0.1)
            return x

        for rate in rates:
            slopes = torch.autograd.grad(F.l1_loss(restored(leaves, one), hr[i : i + 1]), leaves)
            leaves = [(p - rate * g).detach().requires_grad_() for p, g in zip(leaves, slopes, strict=True)]
        torch.testing.assert_close(together[i : i + 1], features(leaves, one).detach())
        torch.testing.assert_close(images[i : i + 1], restored(leaves, one).detach(), atol=1e-5, rtol=1e-4)
    assert torch.equal(net.specific_features(lr, net.specific(lr, hr, rates)), together)
    assert not together.requires_grad


def test_the_upscaler_does_not_adapt_unless_it_is_free() -> None:
    net = tiny(upscaler="free")
    assert {id(values) for values in net.mln.adaptable.values()} == {id(values) for values in net.mln.parameters()}
    net = tiny()
    adapting = {id(values) for values in net.mln.adaptable.values()}
    fixed = {id(values) for values in net.mln.upscaler.parameters()}
    assert not adapting & fixed
    assert adapting | fixed == {id(values) for values in net.mln.parameters()}


@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("size", [(1, 1), (5, 3), (17, 23)])
def test_any_size_and_scale(scale: int, size: tuple[int, int]) -> None:
    net, lr = tiny(scale=scale), picture(*size)
    with torch.no_grad():
        sr = net.restore(lr, condition(net, lr))
    assert sr.shape == (1, 3, scale * size[0], scale * size[1])
    assert bool(torch.isfinite(sr).all())


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_tiles_equal_the_whole(scale: int) -> None:
    net, lr = tiny(scale=scale), picture(60, 70)
    found = condition(net, lr)
    with torch.no_grad():
        whole = net.restore(lr, found)
        tiled = restore_tiled(net, lr, found, tile=25, out=torch.empty_like(whole))
    torch.testing.assert_close(tiled, whole, atol=1e-5, rtol=0)
    assert net.traits.margin < 20


def test_large_images_are_judged_by_windows() -> None:
    net = tiny(window=16, windows=4)
    lr = picture(40, 60)
    pooled = torch.stack([net.student.pooled(window[None])[0] for window in windows(lr, 16, 4)]).mean(0)
    torch.testing.assert_close(condition(net, lr)[0], net.student.represent(pooled).detach())


def test_published_weights_hold_what_restoring_needs_and_no_more(tmp_path: Any) -> None:
    net, lr = tiny(), picture(20, 20)
    card = weights.Card(
        name="mrda_x4.t", method="mrda", config=net.config.model_dump(mode="json"), recipe={}, provenance={}
    )
    weights.save_weights(tmp_path / "w.safetensors", net, card)
    needed = sum(p.numel() for part in (net.student, net.rdan) for p in part.parameters())
    assert weights.store.parameters(tmp_path / "w.safetensors") == needed
    loaded = weights.load_weights(tmp_path / "w.safetensors").method
    assert isinstance(loaded, MRDA)
    with torch.no_grad():
        torch.testing.assert_close(
            loaded.restore(lr, condition(loaded, lr)), net.restore(lr, condition(net, lr)), atol=0.02, rtol=0
        )


def test_a_condition_survives_packing() -> None:
    net = tiny()
    found = condition(net, picture(20, 20))
    assert torch.equal(net.unpack(net.pack(found)), found)
    with pytest.raises(BlindSRError, check=Code.INCOMPATIBLE.matches):
        net.unpack({"representation": found[:, :3]})


@torch.no_grad()
def test_the_maps_are_those_that_modulate() -> None:
    net, lr = tiny(), picture(12, 16)
    maps = net.modulation_maps(lr, condition(net, lr))
    assert maps is not None
    assert maps.shape == (2 * len(net.rdan.blocks), 12, 16)
    first = net.rdan.blocks[0].first
    head = net.rdan.head(lr - net.rdan.mean)
    torch.testing.assert_close(maps[0], torch.sigmoid(first.region(head))[0, 0])  # type: ignore[operator, union-attr]
    before = net.restore(lr, condition(net, lr))
    assert torch.equal(net.restore(lr, condition(net, lr)), before)
    assert tiny(modulation="channel").modulation_maps(lr, condition(net, lr)) is None
