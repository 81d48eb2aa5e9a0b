import copy

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.func import functional_call

from blindsr.nn.adapt import Params, Rate, adapt


class Task:
    """A smooth network and a squared error, in float64: every derivative exists and none is zero."""

    def __init__(self, seed: int = 0) -> None:
        generator = torch.Generator().manual_seed(seed)
        self.net = nn.Sequential(nn.Conv2d(2, 3, 3), nn.Softplus(), nn.Conv2d(3, 1, 3)).double()
        for parameter in self.net.parameters():
            parameter.data.normal_(std=0.4, generator=generator)
        self.x = torch.randn(2, 2, 7, 7, generator=generator, dtype=torch.float64)
        self.y = torch.randn(2, 1, 3, 3, generator=generator, dtype=torch.float64)

    @property
    def params(self) -> Params:
        return dict(self.net.named_parameters())

    def loss(self, params: Params) -> Tensor:
        return F.mse_loss(functional_call(self.net, params, (self.x,), strict=True), self.y)

    def after(self, params: Params, rates: tuple[Rate, ...], *, first_order: bool = False) -> Tensor:
        for adapted, _ in adapt(self.loss, params, rates, first_order=first_order):
            params = adapted
        return self.loss(params)


RATES = (0.05, 0.03, 0.02)


def test_steps_are_those_of_plain_sgd() -> None:
    task = Task()
    net = copy.deepcopy(task.net)
    for (adapted, value), rate in zip(adapt(task.loss, task.params, RATES), RATES, strict=True):
        optimiser = torch.optim.SGD(net.parameters(), rate)
        optimiser.zero_grad()
        expected = F.mse_loss(net(task.x), task.y)
        expected.backward()
        optimiser.step()
        torch.testing.assert_close(value, expected)
        for name, parameter in net.named_parameters():
            torch.testing.assert_close(adapted[name], parameter)


def test_the_meta_gradient_is_that_of_finite_differences() -> None:
    task = Task()
    names = list(task.params)

    def outer(*values: Tensor) -> Tensor:
        return task.after(dict(zip(names, values, strict=True)), RATES)

    assert torch.autograd.gradcheck(outer, tuple(task.params.values()))


def test_first_order_takes_the_steps_for_constants() -> None:
    task = Task()
    gradients = {}
    for first_order in (True, False):
        gradients[first_order] = torch.autograd.grad(
            task.after(task.params, RATES, first_order=first_order), list(task.net.parameters())
        )
    with torch.no_grad():
        *_, (last, _) = adapt(task.loss, task.params, RATES)
    leaves = {name: values.requires_grad_() for name, values in last.items()}
    textbook = torch.autograd.grad(task.loss(leaves), list(leaves.values()))
    for first, second, expected in zip(gradients[True], gradients[False], textbook, strict=True):
        torch.testing.assert_close(first, expected)
        assert float((first - second).abs().max()) > 1e-3


def test_without_gradients_it_only_adapts() -> None:
    task = Task()
    before = copy.deepcopy(task.params)
    with torch.no_grad():
        *_, (last, value) = adapt(task.loss, task.params, RATES)
        assert float(task.loss(last)) < float(value) < float(task.loss(task.params))
    assert not any(values.requires_grad for values in last.values())
    for name, values in task.params.items():
        assert torch.equal(values, before[name])


def test_a_missing_name_is_an_error() -> None:
    task = Task()
    params = task.params
    del params["0.bias"]
    with pytest.raises(RuntimeError, match=r"0\.bias"):
        next(adapt(task.loss, params, RATES))


def test_it_can_be_batched_over_tasks() -> None:
    tasks = [Task(seed) for seed in range(3)]
    x, y = (torch.stack([getattr(task, name) for task in tasks]) for name in ("x", "y"))
    net = tasks[0].net

    def outer(params: Params, x: Tensor, y: Tensor) -> Tensor:
        def loss(p: Params) -> Tensor:
            return F.mse_loss(functional_call(net, p, (x,), strict=True), y)

        *_, (last, _) = adapt(loss, params, RATES)
        return loss(last)

    batched = torch.func.vmap(outer, in_dims=(None, 0, 0))(tasks[0].params, x, y)
    for task, value in zip(tasks, batched, strict=True):
        task.net = net
        torch.testing.assert_close(task.after(task.params, RATES), value)


def test_a_step_size_for_every_weight_is_learned_through_the_steps() -> None:
    task = Task()
    names = list(task.params)
    sizes = [torch.full_like(values, 0.02 + 0.01 * index) for index, values in enumerate(task.params.values())]

    def outer(*sizes: Tensor) -> Tensor:
        return task.after(task.params, (dict(zip(names, sizes, strict=True)), 0.03))

    assert torch.autograd.gradcheck(outer, tuple(size.requires_grad_() for size in sizes))
    (adapted, _), *_ = adapt(task.loss, task.params, [dict(zip(names, sizes, strict=True))])
    gradients = torch.autograd.grad(task.loss(task.params), list(task.params.values()))
    for name, size, gradient in zip(names, sizes, gradients, strict=True):
        torch.testing.assert_close(adapted[name], task.params[name] - size * gradient)
