import torch
from torch import Tensor

from blindsr.methods.dmsr.extractor import Extractor, kernel_of


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
