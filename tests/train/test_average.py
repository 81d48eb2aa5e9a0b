"""The moving average against its recursion."""

import torch

from blindsr.methods.cmdsr.model import CMDSR, CMDSRConfig
from blindsr.train.average import Average


def test_it_follows_with_a_decay_that_warms_up() -> None:
    net = CMDSR(CMDSRConfig(blocks=1, channels=4, support=1, patch=4, features=2))
    average = Average(net, 0.9)
    name, weight = next(iter(net.named_parameters()))
    expected = weight.detach().clone()
    for step in range(1, 200):
        weight.data += 0.1
        average.update(net, step)
        decay = min(0.9, step / (step + 9))
        expected = decay * expected + (1 - decay) * weight.detach()
    torch.testing.assert_close(dict(average.method.named_parameters())[name], expected)
    assert not any(p.requires_grad for p in average.method.parameters())
    assert all(p.requires_grad for p in net.parameters())
