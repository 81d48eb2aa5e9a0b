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
"""Rows and columns that a matrix must have for its singular values to be worth equalling."""


def optimizer_for(group: ParameterGroup, betas: tuple[float, float], eps: float = 1e-8) -> Optimizer:
    """The optimiser of a group, with the rates to begin with in ``initial_lr``.

    Muon (Jordan et al., 2024) makes all singular values of an update equal. The papers have Adam; where a training is
    short, Muon gets as far in a fraction of the steps. Updates are scaled to be as large as Adam's (Liu et al., 2025),
    and what is no large matrix has Adam all the same: biases, first and last layers, small ones. Matrices are the
    weights of linear layers and, one row an output channel, of convolutions.

    ``eps`` is Adam's; where gradients are small, as behind softmaxes and products of small weights, the usual 1e-8 is
    as large as they are and halves their steps.
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
    """Muon that iterates in float32 where hardware does not compute in bf16, which takes many times as long there."""

    @staticmethod
    def _orthogonalize(group: dict[str, Any], updates: list[Tensor]) -> list[Tensor]:
        if computes_bf16(updates[0].device):
            return Muon._orthogonalize(group, updates)
        matrices = [update.flatten(1) for update in updates]  # of one shape, but some may lie on their side
        tall = [len(matrix) > matrix.shape[1] for matrix in matrices]
        stack = torch.stack([matrix.T if on_end else matrix for matrix, on_end in zip(matrices, tall, strict=True)])
        settings = {"num_steps": group["ns_steps"], "weights": group["ns_coeffs"], "dtype": torch.float32}
        done = zero_power_via_newton_schulz_5(stack, **settings)
        return [matrix.T if on_end else matrix for matrix, on_end in zip(done, tall, strict=True)]


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
    """Follows a method's weights; the copy is a method of its own."""

    def __init__(self, method: Method[Any], decay: float) -> None:
        self.method = copy.deepcopy(method).eval().requires_grad_(requires_grad=False)
        self.decay = decay

    @torch.no_grad()
    def update(self, method: Method[Any], step: int) -> None:
        """Move towards the weights of a method after a step, counted from 1; early steps count more."""
        decay = min(self.decay, step / (step + 9))
        targets = [p.detach() for p in method.parameters()]
        torch._foreach_lerp_(list(self.method.parameters()), targets, 1 - decay)
        for mine, theirs in zip(self.method.buffers(), method.buffers(), strict=True):
            mine.copy_(theirs)
