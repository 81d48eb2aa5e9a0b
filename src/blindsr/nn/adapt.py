"""The inner loop of meta-learning: gradient steps on one task that can themselves be differentiated (MAML).

MZSR adapts to a photograph with it, in training (Eq. 4) and at test time; MRDA's network adapts to each LR-HR pair.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

import torch
from torch import Tensor

Params: TypeAlias = dict[str, Tensor]
"""Parameters by name, as ``dict(net.named_parameters())`` gives them and ``functional_call`` takes them."""

Rate: TypeAlias = float | Params
"""A step size: one for all parameters, or a tensor for each that broadcasts against it (Meta-SGD, Li et al. 2017)."""


def adapt(
    loss: Callable[[Params], Tensor], params: Params, rates: Sequence[Rate], *, first_order: bool = False
) -> Iterator[tuple[Params, Tensor]]:
    """Plain gradient descent on a task's loss, one step at a time (MZSR, Eq. 4; MAML, Finn et al. 2017).

    Under ``torch.no_grad`` this only adapts; else what comes out can be differentiated by ``params``, through the
    steps themselves unless ``first_order`` takes their gradients for constants. The loss is differentiated in any
    case, so callers need not enable gradients.

    Args:
        loss: the task's loss, a scalar that depends on the parameters alone. Call the network by
            ``functional_call(..., strict=True)``: without it a missing name silently means the module's own weight.
        params: where to start; not changed.
        rates: the step size of each step; learned ones are differentiated too.
        first_order: leave second derivatives out (FOMAML): less time and memory, another gradient.

    Yields:
        After each step, the parameters and the loss that the step set out from.
    """
    for rate in rates:
        with torch.set_grad_enabled(torch.is_grad_enabled() and not first_order):
            gradients, value = torch.func.grad_and_value(loss)(params)
        sizes = rate if isinstance(rate, dict) else dict.fromkeys(params, rate)
        params = {name: values - sizes[name] * gradients[name] for name, values in params.items()}
        yield params, value
