"""Which optimiser a group of parameters gets: Adam, as in the papers, or Muon for the weights of convolutions."""

from pytorch_optimizer import Muon
from torch.nn import Parameter
from torch.optim import Adam, Optimizer

from blindsr.contract import Group

_LEAST = 32
"""Rows and columns that a matrix must have for its singular values to be worth equalling."""


def optimizer_for(group: Group, betas: tuple[float, float]) -> Optimizer:
    """The optimiser of a group, with the rates to begin with in ``initial_lr``.

    Muon (Jordan et al., 2024) makes all singular values of an update equal. The papers have Adam; where a training is
    short, Muon gets as far in a fraction of the steps. Updates are scaled to be as large as Adam's (Liu et al., 2025),
    and what is no large matrix has Adam all the same: biases, first and last layers, small ones.
    """
    if group.muon is None:
        optimizer: Optimizer = Adam(group.parameters, group.lr, betas=betas)
    else:
        matrices = [p for p in group.parameters if _is_matrix(p)]
        others = [p for p in group.parameters if not _is_matrix(p)]
        parts = (
            {"params": matrices, "lr": group.muon, "use_muon": True, "use_adjusted_lr": True},
            {"params": others, "lr": group.lr, "use_muon": False, "betas": betas, "eps": 1e-8},
        )
        optimizer = Muon([part for part in parts if part["params"]])
    for part in optimizer.param_groups:
        part["initial_lr"] = part["lr"]
    return optimizer


def set_rate(optimizer: Optimizer, factor: float) -> None:
    """Let all rates be this part of what they began with."""
    for part in optimizer.param_groups:
        part["lr"] = factor * part["initial_lr"]


def _is_matrix(parameter: Parameter) -> bool:
    return parameter.ndim == 4 and min(len(parameter), parameter[0].numel()) >= _LEAST
