"""The light discriminator: what a logit sees."""

import torch

from blindsr.nn.discriminator import PatchDiscriminator


def test_a_logit_sees_46_pixels_and_no_more() -> None:
    net = PatchDiscriminator(4).eval()
    x = torch.rand(1, 3, 96, 96, generator=torch.Generator().manual_seed(0)).requires_grad_()
    logits, features = net(x)
    assert logits.shape == (1, 1, 11, 11)
    assert [tuple(one.shape[1:]) for one in features] == [(4, 48, 48), (8, 24, 24), (16, 12, 12)]
    (gradient,) = torch.autograd.grad(logits[0, 0, 5, 5], x)
    seen = gradient.abs().amax((0, 1)).nonzero()
    assert (seen.amax(0) - seen.amin(0) + 1).tolist() == [46, 46]


def test_it_is_never_steep() -> None:
    """Spectral norms of 1 in each layer bound how fast a logit changes."""
    net = PatchDiscriminator(8)
    x = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    for _ in range(30):
        net(x)  # power iterations
    norms = [torch.linalg.matrix_norm(conv.weight.flatten(1), 2) for conv in (*net.down, net.last)]
    torch.testing.assert_close(torch.stack(norms), torch.ones(4), atol=0.1, rtol=0)
