"""Size of a result: by a factor, its sides or its number of pixels."""

import math
import re
from dataclasses import dataclass

from blindsr.errors import BlindSRError, Code

_BEYOND = 2.0
"""Largest factor of interpolation beyond the network's own scale."""


@dataclass(frozen=True)
class Size:
    """Requested size; at most one field is set, none for the network's own scale."""

    factor: float | None = None
    """Pixels of the result per pixel of the input, along each side."""
    box: tuple[int | None, int | None] | None = None
    """Width and height that the result must fit into; one of them may be None."""
    megapixels: float | None = None
    exact: tuple[int, int] | None = None
    """Exact width and height, without limits on aspect ratio and interpolation."""

    def resolve(self, width: int, height: int, scale: int) -> tuple[int, int]:
        """Compute the width and height of a result; the aspect ratio is kept unless the size is exact.

        Args:
            width: of the input, pixels.
            height: of the input, pixels.
            scale: scale of the network.

        Raises:
            BlindSRError: the size is below one pixel or too large.
        """
        if self.exact is not None:
            return self.exact
        factor = self._factor(width, height, scale)
        if factor > _BEYOND * scale:
            raise BlindSRError(
                f"the result would be {_above(factor, _BEYOND * scale)} times as large as the image, "
                f"but the model enlarges {scale} times; "
                f"request at most {_BEYOND * scale:g} times",
                Code.TOO_LARGE,
            )
        size = round(width * factor), round(height * factor)
        if min(size) < 1:
            raise BlindSRError(
                f"the result would be {size[0]}x{size[1]} pixels; expected at least one per side", Code.TOO_SMALL
            )
        return size

    def _factor(self, width: int, height: int, scale: int) -> float:
        if self.factor is not None:
            return self.factor
        if self.megapixels is not None:
            return math.sqrt(self.megapixels * 1e6 / (width * height))
        if self.box is not None:
            sides = zip(self.box, (width, height), strict=True)
            return min(wanted / given for wanted, given in sides if wanted is not None)
        return float(scale)


def _above(number: float, limit: float) -> str:
    """Format a number with enough digits to exceed a limit visibly, at least three."""
    texts = (f"{number:.{digits}g}" for digits in range(3, 18))
    return next((text for text in texts if float(text) > limit), repr(number))


def parse_size(factor: float | None = None, box: str | None = None, megapixels: float | None = None) -> Size:
    """Parse a size.

    Args:
        factor: such as 2.5.
        box: ``3000x2000``, ``3000x`` or ``x2000``.
        megapixels: such as 24.

    Raises:
        BlindSRError: several are given, or one is invalid.
    """
    if sum(value is not None for value in (factor, box, megapixels)) > 1:
        raise BlindSRError(
            "give only one of --scale, --size and --megapixels",
            Code.CONFLICTING_OPTIONS,
        )
    for name, value in (("--scale", factor), ("--megapixels", megapixels)):
        if value is not None and not (math.isfinite(value) and value > 0):
            raise BlindSRError(f"expected {name} to be a number above 0, got {value:g}")
    return Size(factor, None if box is None else _sides(box), megapixels)


def _sides(text: str) -> tuple[int | None, int | None]:
    match = re.fullmatch(r"([1-9]\d{0,6})?x([1-9]\d{0,6})?", text)
    if match is None or text == "x":
        raise BlindSRError(f"expected a size such as 3000x2000, 3000x or x2000, got {text!r}")
    width, height = (int(side) if side else None for side in match.groups())
    return width, height
