"""Optimisers: Adam or Muon, learning rate schedules, and averages of weights."""

import copy
import math
from typing import Any

import torch
from pytorch_optimizer import Muon
from pytorch_optimizer.optimizer.utils.matrix import zero_power_via_newton_schulz_5
from torch import Tensor
from torch.nn import Parameter
from torch.optim import Adam, Optimizer

from blindsr.contract import Method, ParameterGroup, StageRecipe
from blindsr.devices import computes_bf16

_LEAST = 32
"""Smallest number of rows and columns of a matrix that Muon updates."""


def optimizer_for(group: ParameterGroup, betas: tuple[float, float], eps: float = 1e-8) -> Optimizer:
    """Create the optimiser of a group; initial learning rates are stored as ``initial_lr``.

    Muon (Jordan et al., 2024) makes all singular values of an update equal. The papers use Adam; in short trainings,
    Muon reaches the same loss in a fraction of the steps. Its updates are scaled to the size of Adam's (Liu et al.,
    2025). It updates the weights of linear layers and of convolutions, as matrices with one row per output channel;
    biases and small matrices, such as those of the first and last layers, are updated by Adam.

    Args:
        group: the parameters and their learning rates.
        betas: of Adam.
        eps: of Adam. Small gradients, such as those before a softmax, can be as small as the usual 1e-8, which then
            halves their steps.
    """
    if group.muon is None:
        optimizer: Optimizer = Adam(group.parameters, group.lr, betas=betas, eps=eps)
    else:
        matrices = [p for p in group.parameters if _is_matrix(p)]
        others = [p for p in group.parameters if not _is_matrix(p)]
        parts = (
            {"params": matrices, "lr": group.muon, "use_muon": True, "use_adjusted_lr": True},
            {"params": others, "lr": group.lr, "use_muon": False, "betas": betas, "eps": eps},
        )
        optimizer = _Muon([part for part in parts if part["params"]])
    for part in optimizer.param_groups:
        part["initial_lr"] = part["lr"]
    return optimizer


class _Muon(Muon):
    """Muon that iterates in float32 on hardware without bf16, where emulated bf16 is many times slower."""

    @staticmethod
    def _orthogonalize(group: dict[str, Any], updates: list[Tensor]) -> list[Tensor]:
        if computes_bf16(updates[0].device):
            return Muon._orthogonalize(group, updates)
        matrices = [update.flatten(1) for update in updates]  # of one shape up to transposition
        tall = [len(matrix) > matrix.shape[1] for matrix in matrices]
        stack = torch.stack([matrix.T if is_tall else matrix for matrix, is_tall in zip(matrices, tall, strict=True)])
        settings = {"num_steps": group["ns_steps"], "weights": group["ns_coeffs"], "dtype": torch.float32}
        done = zero_power_via_newton_schulz_5(stack, **settings)
        return [matrix.T if is_tall else matrix for matrix, is_tall in zip(done, tall, strict=True)]


def set_rate(optimizer: Optimizer, factor: float) -> None:
    """Scale all rates to this fraction of their initial values."""
    for part in optimizer.param_groups:
        part["lr"] = factor * part["initial_lr"]


def _is_matrix(parameter: Parameter) -> bool:
    return parameter.ndim in (2, 4) and min(len(parameter), parameter[0].numel()) >= _LEAST


def learning_rate_factor(step: int, recipe: StageRecipe) -> float:
    """Factor of the initial learning rate at a step, counted from 1."""
    if step <= recipe.warmup:
        return step / (recipe.warmup + 1)
    if recipe.schedule == "constant":
        return 1.0
    if recipe.schedule == "step":
        return float(recipe.gamma ** sum(step > milestone for milestone in recipe.milestones))
    done = (step - 1 - recipe.warmup) / max(1, recipe.steps - recipe.warmup)
    return recipe.final + (1 - recipe.final) * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))


class MovingAverage:
    """Exponential moving average of a method's weights, stored in a copy of the method."""

    def __init__(self, method: Method[Any], decay: float) -> None:
        self.method = copy.deepcopy(method).eval().requires_grad_(requires_grad=False)
        self.decay = decay

    @torch.no_grad()
    def update(self, method: Method[Any], step: int) -> None:
        """Update the average after a step, counted from 1; the decay is smaller in the first steps."""
        decay = min(self.decay, step / (step + 9))
        targets = [p.detach() for p in method.parameters()]
        torch._foreach_lerp_(list(self.method.parameters()), targets, 1 - decay)
        for mine, theirs in zip(self.method.buffers(), method.buffers(), strict=True):
            mine.copy_(theirs)
