"""CMDSR's conditioning: the paper's sizes, and two forms of one modulation."""

from typing import Literal

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from blindsr import weights
from blindsr.contract import Hints
from blindsr.errors import BlindSRError, Code
from blindsr.methods.cmdsr.bases import BASES, BaseName, SRResNet
from blindsr.methods.cmdsr.model import CMDSR, CMDSRConfig
from blindsr.methods.cmdsr.support import crop_patches, support_sets, take_patches
from blindsr.train import recipe


def tiny(base: BaseName = "srresnet", modulation: Literal["scale", "sft", "none"] = "scale", sets: int = 16) -> CMDSR:
    """A small CMDSR whose modulation is far from neutral."""
    torch.default_generator.manual_seed(0)
    sizes = {"blocks": 1, "channels": 8, "support": 3, "patch": 8, "features": 6, "sets": sets}
    net = CMDSR(CMDSRConfig(base=base, modulation=modulation, **sizes)).double()
    for layer in net.modulated().values():
        layer.modulation.weight.data.normal_()
    return net


def features(rows: int, seed: int = 0) -> Tensor:
    return torch.rand(rows, 6, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def picture(height: int, width: int, rows: int = 1) -> Tensor:
    return torch.rand(rows, 3, height, width, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


@pytest.mark.parametrize("name", ["cmdsr_x4.paper", "cmdsr_x4.classic", "cmdsr_x4.plain"])
def test_recipes_with_another_base_net_build_it_in_its_published_size(name: str) -> None:
    published = {"srresnet": 1_037_507, "vdsr": 668_227, "idn": 715_331, "edsr": 43_089_923}
    for base, parameters in published.items():
        config = recipe.load_recipe(name, [f"model.base={base}"]).model
        assert isinstance(config, CMDSRConfig)
        with torch.device("meta"):
            net = CMDSR(config)
        plain = sum(p.numel() for key, p in net.base.named_parameters() if "modulation" not in key)
        assert plain == parameters
        smaller = recipe.load_recipe(name, [f"model.base={base}", "model.blocks=3"]).model
        assert isinstance(smaller, CMDSRConfig)
        assert (smaller.blocks, smaller.channels) == (3, config.channels)
        assert recipe.load_recipe(name).model == CMDSRConfig.model_validate(recipe.load_recipe(name).to_dict()["model"])


@pytest.mark.parametrize(
    ("support", "modulation", "parameters"),
    [
        (20, "scale", 1_495_619),
        (10, "scale", 1_478_339),  # the paper's 1.48 M
        (1, "scale", 1_462_787),  # the paper's 1.46 M
        (20, "sft", 5_924_419),  # Table IX: 5.92 M
        (20, "none", 1_037_507),
    ],
)
def test_parameter_counts(support: int, modulation: Literal["scale", "sft", "none"], parameters: int) -> None:
    net = CMDSR(CMDSRConfig(support=support, modulation=modulation))
    assert sum(p.numel() for p in net.parameters()) == parameters
    assert len(net.modulated()) == (0 if modulation == "none" else 20)


@pytest.mark.parametrize("base", list(BASES))
def test_scaling_weights_is_scaling_input_channels(base: BaseName) -> None:
    net, lr, feature = tiny(base), picture(9, 11, rows=2), features(1)
    by_weights = net.folded(feature)(lr).detach().float()
    by_inputs = net.restore_tasks(lr, feature.expand(2, -1)).detach()
    assert float((by_weights - net.folded(features(1, seed=5))(lr).detach().float()).abs().max()) > 1e-4
    torch.testing.assert_close(by_weights, by_inputs, atol=1e-6, rtol=1e-6)


def test_each_image_is_restored_under_its_own_task() -> None:
    net, lr, feature = tiny(), picture(9, 11, rows=3), features(3)
    together = net.restore_tasks(lr, feature)
    for row in range(3):
        alone = net.folded(feature[row : row + 1])(lr[row : row + 1]).float()
        torch.testing.assert_close(together[row : row + 1], alone, atol=1e-6, rtol=1e-6)


def test_one_layer_is_equation_3() -> None:
    layer = next(iter(tiny().modulated().values()))
    x, factors = picture(6, 6).repeat(1, 3, 1, 1)[:, :8], torch.rand(1, 8, dtype=torch.float64)
    expected = torch.zeros(1, 8, 6, 6, dtype=torch.float64) + layer.conv.bias.view(1, -1, 1, 1)  # type: ignore[union-attr]
    for q in range(8):  # w'_pq = w_pq * f_pq, one input channel at a time
        expected += F.conv2d(x[:, q : q + 1], layer.conv.weight[:, q : q + 1] * factors[0, q], padding=1)
    layer.coefficients = factors
    torch.testing.assert_close(layer(x), expected)


def test_sft_uses_the_condition_and_stays_within_its_margin() -> None:
    net = tiny(modulation="sft")
    side = 2 * net.traits.margin + 3
    x = picture(side, side)
    net.requires_grad_(requires_grad=False)
    first = net.restore(x, features(1))
    assert float((first - net.restore(x, features(1, seed=2))).abs().max()) > 1e-6
    moved = x.clone()
    moved[..., 0, :] += 1
    reached = (net.restore(moved, features(1)) - first).abs().amax((0, 1, 3)).view(side, 4).amax(1).nonzero()
    assert int(reached.max()) <= net.traits.margin


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (7, 30), (40, 8)])
def test_images_smaller_than_a_patch_are_conditioned(size: tuple[int, int]) -> None:
    net, lr = tiny(), picture(*size)
    condition = net.condition(lr, generator=torch.Generator().manual_seed(0))
    assert condition.shape == (1, 6)
    assert bool(torch.isfinite(condition).all())
    assert net.restore(lr, condition.double()).shape == (1, 3, 4 * size[0], 4 * size[1])


def test_the_condition_depends_on_seed_and_support_and_nothing_else() -> None:
    net, lr, other = tiny(), picture(30, 40), picture(20, 20) * 0.1

    def condition(seed: int, support: tuple[Tensor, ...] = ()) -> Tensor:
        return net.condition(lr, generator=torch.Generator().manual_seed(seed), hints=Hints(support=support or None))

    assert torch.equal(condition(0), condition(0))
    assert not torch.equal(condition(0), condition(1))
    assert not torch.equal(condition(0), condition(0, (other,)))
    assert torch.equal(condition(0, (lr,)), condition(0))


def test_the_condition_hardly_depends_on_which_patches_are_drawn() -> None:
    lr = picture(40, 60)

    def spread(sets: int) -> float:
        net = tiny(sets=sets)
        drawn = [net.condition(lr, generator=torch.Generator().manual_seed(seed)) for seed in range(12)]
        return float(torch.cat(drawn).detach().std(0).mean())

    assert 0 < spread(16) < 0.5 * spread(1)  # a quarter is to be expected


def test_a_condition_survives_packing_and_only_its_own_network_unpacks_it() -> None:
    net, lr = tiny(), picture(30, 40)
    condition = net.condition(lr, generator=torch.Generator().manual_seed(0))
    assert torch.equal(net.unpack(net.pack(condition)), condition)
    for strange in ({}, {"feature": condition[:, 1:]}, {"kernel": condition}):
        with pytest.raises(BlindSRError, check=Code.INCOMPATIBLE.matches):
            net.unpack(strange)


def test_every_support_image_is_looked_at() -> None:
    net, lr = tiny(), picture(30, 40)
    first, second = picture(20, 20) * 0.1, picture(20, 20) * 0.9

    def condition(*support: Tensor) -> Tensor:
        return net.condition(lr, generator=torch.Generator().manual_seed(0), hints=Hints(support=support or None))

    assert not torch.equal(condition(first, second), condition(first, first))
    assert not torch.equal(condition(first, second), condition(second, second))


def test_equation_2_layer_by_layer() -> None:
    net = tiny().condition_net
    assert net is not None
    support = picture(8, 8, rows=6).view(2, 3, 3, 8, 8)
    one, two, three, four = net.convs
    x = support.reshape(2, 9, 8, 8)
    x = one(x).clamp(min=0)
    x = two(x).clamp(min=0)
    x = x.view(2, -1, 4, 2, 4, 2).mean((3, 5))
    x = three(x).clamp(min=0)
    x = four(x).clamp(min=0)
    feature = net(support)
    assert feature.shape == (2, 6)
    torch.testing.assert_close(feature.double(), x.mean((2, 3)), atol=1e-5, rtol=1e-5)
    assert bool((feature >= 0).all())


def test_the_sft_variant_is_a_sigmoid_gain_and_an_offset() -> None:
    layer = next(iter(tiny(modulation="sft").modulated().values()))
    assert layer.affine is not None
    x, coefficients = picture(6, 6).repeat(1, 3, 1, 1)[:, :8], torch.rand(1, 8, dtype=torch.float64)
    joined = torch.cat((x, coefficients[:, :, None, None].expand(-1, -1, 6, 6)), 1)
    gain, offset = (branch(joined) for branch in layer.affine)
    layer.coefficients = coefficients
    torch.testing.assert_close(layer(x), layer.conv(x / (1 + torch.exp(-gain)) + offset))


def test_training_starts_from_the_plain_base_net_close_to_nearest_neighbours() -> None:
    torch.default_generator.manual_seed(0)
    net = CMDSR(CMDSRConfig(blocks=2, channels=16, support=3, patch=8, features=6)).requires_grad_(requires_grad=False)
    for layer in net.modulated().values():
        factors = layer.modulation(torch.rand(5, 6))
        assert float((factors - 1).abs().max()) < 0.5
    x = torch.rand(1, 16, 6, 6)
    assert isinstance(net.base, SRResNet)
    convolution, shuffle = list(net.base.upscaler.layers)[:2]
    enlarged = shuffle(convolution(x))
    assert float((enlarged - F.interpolate(enlarged[..., ::2, ::2], scale_factor=2.0)).abs().max()) < 1e-5
    assert float((enlarged - F.interpolate(x, scale_factor=2.0)).abs().mean()) < 0.15
    assert float((net.base.body(x) - x).abs().mean()) < 0.1


@pytest.mark.parametrize("base", BASES)
def test_a_signal_reaches_the_end_of_every_body(base: BaseName) -> None:
    """A gain that suits residual blocks leaves nothing of it in a chain of 18 convolutions."""
    net = CMDSR(CMDSRConfig(base=base, channels=32, support=3, patch=8, features=6)).requires_grad_(requires_grad=False)
    x = torch.rand(1, 32, 8, 8, generator=torch.Generator().manual_seed(0))
    x = 255 * x if base == "span" else x  # it sees images in 0..255, and its blocks are not homogeneous
    assert float(net.base.body(x).std()) > 0.1 * float(x.std())


@pytest.mark.parametrize(("features", "support"), [(128, 20), (64, 4), (16, 4), (6, 8)])
def test_the_condition_net_begins_with_patches_apart_and_blind_to_even_areas(features: int, support: int) -> None:
    net = CMDSR(CMDSRConfig(features=features, support=support)).condition_net
    assert net is not None
    even, stripes = torch.full((1, support, 3, 32, 32), 0.7), torch.zeros(1, support, 3, 32, 32)
    stripes[..., ::2, :] = 0.1
    first = [net.convs[0](x.flatten(1, 2))[..., 2:-2, 2:-2].detach() for x in (even, stripes)]
    assert float(first[0].abs().max()) < 1e-4 < 1 < float(first[1].std())
    reads = net.get_parameter("convs.0.weight").detach().view(-1, support, 27).abs().amax(2) > 0
    assert bool((reads.sum(1) == 1).all())


def test_the_condition_net_begins_indifferent_to_the_order_of_patches() -> None:
    net = CMDSR(CMDSRConfig()).condition_net
    assert net is not None
    support = torch.rand(1, 20, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    by_kind = net.get_parameter("convs.1.weight").detach()[:, :60].reshape(64, 3, 20, 9)
    torch.testing.assert_close(by_kind, by_kind[:, :, :1, :1].expand_as(by_kind))
    first, again = (net(x).detach() for x in (support, support.flip(1)))
    assert float((first - again).abs().mean()) < 0.05 * float(first.mean())


def test_without_a_condition_net_nothing_is_modulated() -> None:
    net = tiny(modulation="none")
    assert not net.supported_hints
    condition = net.condition(picture(9, 9), generator=torch.Generator())
    assert condition.shape == (1, 0)
    torch.testing.assert_close(
        net.restore(picture(9, 9), condition).double(), net.base(picture(9, 9)).clamp(-1, 2), atol=1e-5, rtol=1e-5
    )


def test_patches_are_what_slicing_gives() -> None:
    images = picture(20, 30, rows=4)
    patches, corners = crop_patches(images, 5, 8, torch.Generator().manual_seed(3))
    for n in range(4):
        for i in range(5):
            y, x = corners[n, i].tolist()
            assert torch.equal(patches[n, i], images[n, :, y : y + 8, x : x + 8])
    assert torch.equal(take_patches(images, corners, 8), patches)
    exact, corner = crop_patches(images[..., :8, :8], 2, 8, torch.Generator())
    assert torch.equal(exact[:, 0], images[..., :8, :8])
    assert int(corner.abs().max()) == 0
    _, many = crop_patches(images[:1, :, :10, :11], 400, 8, torch.Generator().manual_seed(0))
    assert many.amin((0, 1)).tolist() == [0, 0]
    assert many.amax((0, 1)).tolist() == [2, 3]


@pytest.mark.parametrize(("side", "sets"), [(5, 1), (48, 1), (107, 1), (109, 2), (300, 8), (900, 8)])
def test_small_images_get_fewer_support_sets(side: int, sets: int) -> None:
    image = picture(side, side)
    assert len(support_sets([image], 8, 20, 48, torch.Generator().manual_seed(0))) == sets
    assert len(support_sets([image], 1, 20, 48, torch.Generator().manual_seed(0))) == 1


@pytest.mark.parametrize("name", [name for name in weights.available() if name.startswith("cmdsr")])
def test_conditions_of_what_shows_nothing_are_like_those_of_gray(name: str) -> None:
    method = weights.load_weights(name).method
    gray, stars = torch.full((1, 3, 50, 60), 0.5), torch.zeros(1, 3, 50, 60)
    stars[..., 20, 30] = 1

    def condition(lr: Tensor, *support: Tensor) -> Tensor:
        hints = Hints(support=support or None) if "support" in method.supported_hints else Hints()
        with torch.no_grad():
            return method.condition(lr, generator=torch.Generator().manual_seed(0), hints=hints)  # type: ignore[no-any-return]

    usual = float(condition(gray).norm())
    for lr in (torch.zeros(1, 3, 5, 70), torch.ones(1, 3, 50, 50), stars):
        for found in (condition(lr), condition(gray, lr), condition(gray, lr, torch.zeros(1, 3, 9, 9))):
            assert bool(torch.isfinite(found).all())
            assert float(found.norm()) <= 2 * usual


@pytest.mark.parametrize("modulation", ["scale", "none"])
def test_results_are_bounded(modulation: str) -> None:
    method = CMDSR(
        CMDSRConfig.model_validate({"blocks": 1, "channels": 4, "support": 1, "patch": 4, "modulation": modulation})
    )
    with torch.no_grad():
        for parameter in method.base.parameters():
            parameter.mul_(100)
        lr = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(0))
        made = method.restore(lr, method.condition(lr, generator=torch.Generator().manual_seed(0)))
    assert (float(made.min()), float(made.max())) == (-1.0, 2.0)
