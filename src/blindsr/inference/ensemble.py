"""Eight-fold self-ensemble: mean of the results for all flips and rotations of an image.

Timofte, Rothe and Van Gool: Seven ways to improve example-based single image super resolution. CVPR 2016, Section 3.5.
"""

from dataclasses import replace
from typing import Any, TypeAlias

import torch
from torch import Tensor

from blindsr.contract import Estimate, Hints, Method, Traits
from blindsr.errors import BlindSRError, Code

_Form: TypeAlias = tuple[bool, bool, bool]
"""Transposed, then mirrored top to bottom, then left to right."""
_FORMS: tuple[_Form, ...] = tuple((t, v, h) for t in (False, True) for v in (False, True) for h in (False, True))


class Ensemble(Method[tuple[Any, ...]]):
    """Self-ensemble of a method, with one condition per transform; eight times slower, slightly better."""

    def __init__(self, method: Method[Any]) -> None:
        """Wrap a method.

        Raises:
            BlindSRError: the method is not equivariant to flips and rotations.
        """
        super().__init__()
        if not method.symmetric:
            raise BlindSRError(
                f"{type(method).__name__} with direct subsampling does not support the self-ensemble, because mirrored "
                "images are subsampled at other pixels; remove --tta",
                Code.UNSUPPORTED_OPTION,
            )
        self.method, self.config, self.supported_hints = method, method.config, method.supported_hints

    @property
    def traits(self) -> Traits:
        return self.method.traits

    def condition(self, lr: Tensor, *, generator: torch.Generator, hints: Hints = Hints()) -> tuple[Any, ...]:
        """Estimate a condition for each transform, with the same random numbers."""
        state, found = generator.get_state(), []
        for form in _FORMS:
            source = torch.Generator().manual_seed(0)
            source.set_state(state)
            found.append(self.method.condition(_formed(lr, form), generator=source, hints=_hinted(hints, form)))
        return tuple(found)

    def restore(self, lr: Tensor, condition: tuple[Any, ...]) -> Tensor:
        restored = (
            _back(self.method.restore(_formed(lr, form), known).float(), form)
            for form, known in zip(_FORMS, condition, strict=True)
        )
        total = next(restored)
        for one in restored:
            total = total + one
        return total / len(_FORMS)

    def describe(self, condition: tuple[Any, ...]) -> dict[str, Any]:
        return self.method.describe(condition[0])

    def estimate(self, condition: tuple[Any, ...]) -> Estimate | None:
        return self.method.estimate(condition[0])

    def check_packable(self) -> None:
        raise BlindSRError(
            "the self-ensemble does not support stored conditions; remove --tta", Code.UNSUPPORTED_OPTION
        )


def _hinted(hints: Hints, form: _Form) -> Hints:
    kernel = None if hints.kernel is None else _formed(hints.kernel, form)
    support = None if hints.support is None else [_formed(image, form) for image in hints.support]
    seconds = None if hints.seconds is None else hints.seconds / len(_FORMS)
    return replace(hints, kernel=kernel, support=support, seconds=seconds)


def _formed(image: Tensor, form: _Form) -> Tensor:
    """Transform ``(..., h, w)``."""
    turned, vertical, horizontal = form
    image = image.transpose(-2, -1) if turned else image
    axes = [axis for axis, mirrored in ((-2, vertical), (-1, horizontal)) if mirrored]
    return image.flip(axes).contiguous() if axes else image.contiguous()


def _back(image: Tensor, form: _Form) -> Tensor:
    """Inverse of `_formed`."""
    turned, vertical, horizontal = form
    axes = [axis for axis, mirrored in ((-2, vertical), (-1, horizontal)) if mirrored]
    image = image.flip(axes) if axes else image
    return image.transpose(-2, -1) if turned else image
