"""Interpolation between weights for fidelity and weights for perceptual quality of the same network."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from blindsr.contract import Method
from blindsr.errors import BlindSRError, Code
from blindsr.weights.store import Weights, available, inference_tensors, load_weights, name_of

_PARTNERS = {"photo": "vivid", "real": "gan"}
"""Tags of weights for fidelity, and of those of the same network for perceptual quality."""


def load_with_detail(name_or_path: str | Path, detail: float) -> Weights:
    """Load weights for fidelity, interpolated with those of the same network for perceptual quality.

    Args:
        name_or_path: weights for fidelity, e.g. ``cmdsr_x4.photo``, whose partner is ``cmdsr_x4.vivid``.
        detail: 0 gives the weights themselves, 1 their partner.

    Raises:
        BlindSRError: ``detail`` is outside [0, 1], or the weights have no partner.
    """
    if not 0 <= detail <= 1:
        raise BlindSRError(f"expected detail to be a number from 0 to 1, got {detail:g}")
    first = load_weights(name_or_path)
    partner = partner_of(name_or_path)
    if partner is None:
        raise BlindSRError(
            f"{first.name} does not support --detail: there are no weights of the same network for perceptual quality",
            Code.UNSUPPORTED_OPTION,
        )
    return interpolate(first, load_weights(partner), detail)


def partner_of(name_or_path: str | Path) -> str | None:
    """Return the name of the weights for perceptual quality of the same network; None if there are none."""
    network, _, tag = name_of(name_or_path).rpartition(".")
    partner = f"{network}.{_PARTNERS[tag]}" if tag in _PARTNERS else None
    return partner if partner in available() else None


def interpolate(first: Weights, second: Weights, share: float) -> Weights:
    """Interpolate two sets of weights of one network (Wang et al., "Deep Network Interpolation", CVPR 2019).

    Args:
        first: the result for ``share`` 0; not changed.
        second: the result for ``share`` 1.
        share: from 0 to 1.

    Raises:
        BlindSRError: weights of different networks.
    """
    own, other = inference_tensors(first.method), inference_tensors(second.method)
    # Tensors of the same shapes may still mean different things: see CMDSRConfig.denoise
    if _shape(first.method) != _shape(second.method) or own.keys() != other.keys():
        raise BlindSRError(f"{first.name} and {second.name} are weights of different networks")
    method = load_weights(first.path).method
    method.load_state_dict({name: torch.lerp(own[name], other[name], share) for name in own})
    return replace(first, name=f"{first.name}+{share:g}*{second.name}", method=method.eval())


def _shape(method: Method[Any]) -> dict[str, Any]:
    """Return the configuration of a network without training-only fields."""
    return {name: value for name, value in method.config.model_dump().items() if name not in method.training_only}
