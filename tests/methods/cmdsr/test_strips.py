import pytest
import torch
from torch import Tensor

from blindsr.methods.cmdsr import strips
from blindsr.methods.cmdsr.bases import SPAN
from blindsr.methods.cmdsr.model import CMDSR


def image(height: int, width: int, count: int = 1) -> Tensor:
    return torch.rand(count, 3, height, width, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("size", [(1, 1), (7, 30), (41, 9)])
@pytest.mark.parametrize("blocks", [1, 2, 4])
def test_strips_give_what_the_network_gives(
    size: tuple[int, int], blocks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(strips, "_STRIP", 1)  # eight rows
    net, lr = SPAN(4, blocks=blocks, channels=16), image(*size, count=2)
    expected = net(lr).detach()
    with torch.no_grad():
        made = net(lr.contiguous(memory_format=torch.channels_last))
    torch.testing.assert_close(made, expected, atol=1e-3, rtol=1e-4)  # features are those of 0..255


def test_strips_are_for_inference_on_a_cpu_with_plain_convolutions() -> None:
    method = CMDSR(CMDSR.Config(base="span", blocks=2, channels=8, support=2, patch=8, features=6))
    lr = image(12, 12)
    convs = [conv for block in method.base.body.children() for conv in block.children()]
    with torch.no_grad():
        plain = method.folded(torch.ones(1, 6))
        folded = [conv for block in plain.body.children() for conv in block.children()]
        assert strips.suits(lr, iter(folded))
        assert not strips.suits(lr, iter(convs))
        assert not strips.suits(lr.to("meta"), iter(folded))
    assert not strips.suits(lr, iter(folded))


def test_a_folded_network_is_plain_and_restores_alike_and_leaves_the_other_as_it_is() -> None:
    method = CMDSR(CMDSR.Config(base="span", blocks=2, channels=8, support=2, patch=8, features=6)).eval()
    for layer in method.modulated().values():
        torch.nn.init.normal_(layer.modulation.weight, std=0.1, generator=torch.Generator().manual_seed(2))
    lr, condition = image(10, 14), torch.rand(1, 6, generator=torch.Generator().manual_seed(3))
    before = {name: value.clone() for name, value in method.state_dict().items()}
    net = method.folded(condition)
    assert {type(layer).__name__ for layer in net.body.modules()} == {"SPANBody", "SPANBlock", "Conv2d"}
    assert net.state_dict().keys() == SPAN(4, blocks=2, channels=8).state_dict().keys()
    by_tasks = method.restore_tasks(lr, condition)
    torch.testing.assert_close(net(lr), by_tasks, atol=1e-3, rtol=1e-4)
    with torch.no_grad():
        torch.testing.assert_close(method.restore(lr, condition), by_tasks.clamp(-1, 2), atol=1e-3, rtol=1e-4)
    assert all(torch.equal(value, before[name]) for name, value in method.state_dict().items())
