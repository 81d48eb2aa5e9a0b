"""Exponential moving average of a method's weights: what is validated and published."""

import copy
from typing import Any

import torch

from blindsr.contract import Method


class Average:
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
