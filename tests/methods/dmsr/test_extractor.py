import pytest
import torch
from torch import Tensor

from blindsr.methods.dmsr.extractor import Extractor, kernel_of, noise_level, paper_family


def picture(height: int = 20, width: int = 24) -> Tensor:
    return torch.rand(2, 3, height, width, generator=torch.Generator().manual_seed(0))


def extractor(channels: int = 6) -> Extractor:
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        return Extractor(channels)


def test_the_papers_number_of_parameters() -> None:
    assert sum(p.numel() for p in Extractor().parameters()) == 484_516


def test_kernels_are_kernels_and_noise_has_the_images_shape() -> None:
    noise, kernel = extractor()(picture())
    assert noise.shape == (2, 3, 20, 24)
    assert kernel.shape == (2, 15, 15)
    assert bool((kernel >= 0).all())
    torch.testing.assert_close(kernel.sum((1, 2)), torch.ones(2))


def test_the_branches_alone_agree_with_the_whole() -> None:
    net, lr = extractor(), picture()
    noise, kernel = net(lr)
    torch.testing.assert_close(net.noise_map(lr), noise)
    torch.testing.assert_close(kernel_of(net.scores(net.features(lr))), kernel)


def test_a_pixel_of_the_noise_map_sees_its_radius_and_no_further() -> None:
    net, lr = extractor(), picture(33, 33).requires_grad_()
    (seen,) = torch.autograd.grad(net.noise_map(lr)[0, :, 16, 16].sum(), lr)
    rows = seen[0].abs().sum((0, 2)).nonzero().flatten()
    assert (int(rows.min()), int(rows.max())) == (16 - net.radius, 16 + net.radius)


def noisy(level: float) -> tuple[Tensor, Tensor]:
    """A gray image with a bright half, noise added and cut off, and the noise that is left of it."""
    clean = torch.full((1, 3, 64, 80), 0.5)
    clean[..., 40:] = 0.95
    noise = level / 255 * torch.randn(clean.shape, generator=torch.Generator().manual_seed(0))
    lr = (clean + noise).clamp(0, 1)
    return lr, lr - clean


@pytest.mark.parametrize("level", [0.0, 2.0, 15.0, 50.0])
def test_the_level_is_that_of_the_noise_before_it_was_cut_off(level: float) -> None:
    lr, noise = noisy(level)
    torch.testing.assert_close(noise_level(lr, noise), torch.full((3,), level), rtol=0.06, atol=0.1)
    if level == 50.0:
        assert float(255 * noise.std()) < 45


def test_texture_in_the_map_hardly_raises_the_level() -> None:
    lr, noise = noisy(10.0)
    noise[..., ::16, :] += 0.3
    assert float(255 * noise.std()) > 20
    assert float((noise_level(lr, noise) - 10).abs().max()) < 2


def test_a_bright_image_is_judged_where_it_can_be() -> None:
    lr, noise = torch.ones(1, 3, 16, 16), torch.full((1, 3, 16, 16), 0.01)
    noise[..., ::2, ::2] = -0.01
    assert torch.isfinite(noise_level(lr, noise)).all()
    assert float(noise_level(lr, noise).min()) > 1


@pytest.mark.parametrize("size", [(1, 1), (1, 9)])
def test_a_line_of_pixels_has_a_level_too(size: tuple[int, int]) -> None:
    assert torch.isfinite(noise_level(torch.rand(1, 3, *size), torch.rand(1, 3, *size) - 0.5)).all()


def test_degradations_are_those_of_the_paper() -> None:
    assert paper_family(2).std == paper_family(4).std == (0.2, 3.0)
    assert paper_family(4).noise == (0, 75)
    assert paper_family(4, noise=False).noise == (0, 0)
    assert paper_family(4).sample(2, 0).kernels.shape == (2, 15, 15)
