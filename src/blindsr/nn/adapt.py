"""The inner loop of meta-learning (MAML): differentiable gradient steps on one task.

MZSR uses it to adapt to an image, in training (Eq. 4) and at test time; MRDA to adapt a network to each LR-HR pair.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

import torch
from torch import Tensor

Params: TypeAlias = dict[str, Tensor]
"""Parameters by name, as ``dict(net.named_parameters())`` gives them and ``functional_call`` takes them."""

Rate: TypeAlias = float | Params
"""Step size: a number for all parameters, or a tensor for each, broadcast to its shape (Meta-SGD, Li et al. 2017)."""


def adapt(
    loss: Callable[[Params], Tensor], params: Params, rates: Sequence[Rate], *, first_order: bool = False
) -> Iterator[tuple[Params, Tensor]]:
    """Run gradient descent on a task's loss, step by step (MZSR, Eq. 4; MAML, Finn et al. 2017).

    The results can be differentiated with respect to ``params``, except under ``torch.no_grad``; with ``first_order``,
    the gradients of the steps are treated as constants. The gradients of the loss are computed in any case, so callers
    need not enable them.

    Args:
        loss: loss of the task, a scalar function of the parameters. Call the network with
            ``functional_call(..., strict=True)``; otherwise the module's own weight replaces a missing one silently.
        params: initial parameters; not changed.
        rates: size of each step; learned sizes are differentiated too.
        first_order: ignore second derivatives (FOMAML), which needs less time and memory.

    Yields:
        After each step, the parameters and the loss before the step.
    """
    for rate in rates:
        with torch.set_grad_enabled(torch.is_grad_enabled() and not first_order):
            gradients, value = torch.func.grad_and_value(loss)(params)
        sizes = rate if isinstance(rate, dict) else dict.fromkeys(params, rate)
        params = {name: values - sizes[name] * gradients[name] for name, values in params.items()}
        yield params, value
