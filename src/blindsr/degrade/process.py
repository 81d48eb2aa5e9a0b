"""Eq. 1 of all four papers: ``LR = ((HR * k) ↓s) + n``, then rounding to 8 bits and JPEG."""

import dataclasses
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self, get_args

import torch
from torch import Tensor

from blindsr.degrade import jpeg as codec
from blindsr.degrade import kernels as kernel_room
from blindsr.degrade.blur import Border, Downsampling, blur, blur_and_downsample
from blindsr.degrade.resample import resize, subsample
from blindsr.errors import BlindSRError, Code
from blindsr.pixels import quantise

Rounding = Literal["none", "round", "floor"]


@dataclass(frozen=True, eq=False)
class Rows:
    """Values of a batch: each tensor, including those of nested values, has one row per sample."""

    whole: ClassVar[frozenset[str]] = frozenset()
    """Names of the fields that are integers."""

    def map(self, change: Callable[[Tensor], Tensor]) -> Self:
        """Apply a function to every tensor."""
        parts = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        changed: dict[str, Any] = {
            name: part.map(change) if isinstance(part, Rows) else change(part)
            for name, part in parts.items()
            if isinstance(part, (Tensor, Rows))
        }
        return dataclasses.replace(self, **changed)

    def to_plain(self) -> dict[str, Any]:
        """Convert to plain values for JSON; float32 numbers are preserved exactly."""
        parts = ((field.name, getattr(self, field.name)) for field in dataclasses.fields(self))
        return {
            name: part.to_plain() if isinstance(part, Rows) else part.tolist() if isinstance(part, Tensor) else part
            for name, part in parts
        }

    @classmethod
    def from_plain(cls, values: Mapping[str, Any]) -> Self:
        """Inverse of `to_plain`.

        Raises:
            BlindSRError: an entry is missing, unknown or invalid; the message names it.
        """
        if not isinstance(values, Mapping):
            raise BlindSRError(f"a degradation record contains {values!r} instead of an object", Code.INVALID_FILE)
        known = {field.name for field in dataclasses.fields(cls)}
        if values.keys() != known:
            wrong = ", ".join(sorted(map(str, values.keys() ^ known)))
            raise BlindSRError(f"a degradation record has missing or unknown entries: {wrong}", Code.INVALID_FILE)
        try:
            return cls(**{field.name: cls._value(field, values[field.name]) for field in dataclasses.fields(cls)})
        except (TypeError, ValueError, RuntimeError, OverflowError) as error:
            raise BlindSRError(
                f"a degradation record contains a value that is not a number: {error}", Code.INVALID_FILE
            ) from None

    @classmethod
    def _value(cls, field: "dataclasses.Field[Any]", value: Any) -> Any:
        if field.type is Tensor:
            return _whole(value) if field.name in cls.whole else torch.tensor(value, dtype=torch.float32)
        if isinstance(field.type, type) and issubclass(field.type, Rows):
            return field.type.from_plain(value)
        return value


@dataclass(frozen=True, eq=False)
class Degradation(Rows):
    """Degradation of a batch of HR images, one row per sample; can be stored and replayed bit for bit.

    Examples:
        >>> import blindsr, torch
        >>> from blindsr.degrade.kernels import gaussian
        >>> degradation = blindsr.Degradation(
        ...     scale=4,
        ...     kernels=gaussian(21, 2.6)[None],
        ...     noise=torch.tensor([15.0]),
        ...     jpeg=torch.tensor([50]),
        ...     seeds=torch.tensor([0]),
        ... )
        >>> degradation.apply(torch.rand(1, 3, 64, 64)).shape
        torch.Size([1, 3, 16, 16])

        Restored from JSON, it gives the same result:

        >>> again = blindsr.Degradation.from_json(degradation.to_json())
        >>> hr = torch.rand(1, 3, 64, 64)
        >>> torch.equal(again.apply(hr), degradation.apply(hr))
        True
    """

    kind: ClassVar[str] = "classic"
    """Kind of degradation in the record."""
    version: ClassVar[int] = 1
    """Version of the record format."""
    whole: ClassVar[frozenset[str]] = frozenset({"jpeg", "seeds"})

    scale: int
    """HR pixels per LR pixel."""
    kernels: Tensor
    """Blur kernels ``(n, k, k)`` of sum 1."""
    noise: Tensor
    """Standard deviations ``(n,)`` of the white Gaussian noise, on the 0..255 scale."""
    jpeg: Tensor
    """JPEG qualities ``(n,)``, 1 to 100; 0 for none."""
    seeds: Tensor
    """Seeds ``(n,)`` of each row's noise."""
    border: Border = "reflect"
    """Border handling of the blur."""
    down: Downsampling = "bicubic"
    """Antialiased bicubic as MATLAB's, or ``direct``: pixels 0, s, 2s, ..."""
    blur_rounding: Rounding = "none"
    """Rounding of the blurred HR image before subsampling; some published code stores it with 8 bits."""
    rounding: Rounding = "round"
    """Rounding of the result to 8 bits, with clipping to [0, 1]; ``none`` does neither."""

    def __len__(self) -> int:
        return len(self.kernels)

    def __getitem__(self, rows: slice) -> Self:
        """Return some of the rows."""
        return self.map(lambda rows_of: rows_of[rows])

    def take(self, rows: Tensor) -> Self:
        """Return rows by their indices ``(m,)``."""
        return self.map(lambda rows_of: rows_of[rows])

    def repeat_interleave(self, times: int) -> Self:
        """Repeat each row, with the same seed: one degradation for several images of a task."""
        return self.map(lambda rows: rows.repeat_interleave(times, 0))

    def to(self, device: torch.device | str) -> Self:
        """Move the parameters to a device."""
        return self.map(lambda rows: rows.to(device))

    def apply(self, hr: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Degrade a batch.

        Args:
            hr: ``(n, 3, h, w)`` RGB in [0, 1]; sides divisible by the scale.
            generator: source of the noise, on the device of ``hr``, for training, where single rows need not be
                reproducible; by default, the noise of each row is drawn from its seed.

        Returns:
            LR images ``(n, 3, h / s, w / s)``.
        """
        return self.apply_with_noise(hr, generator)[0]

    def apply_with_noise(self, hr: Tensor, generator: torch.Generator | None = None) -> tuple[Tensor, Tensor]:
        """Degrade a batch; also return the noise ``(n, 3, h / s, w / s)`` before rounding and JPEG."""
        noise = self.draw_noise((*hr.shape[:2], hr.shape[2] // self.scale, hr.shape[3] // self.scale), hr, generator)
        lr = degrade(hr, self, noise)
        if self.rounding != "none":
            lr = _to_8_bit(lr, self.rounding)
        return (codec.compress(lr, self.jpeg) if bool(self.jpeg.any()) else lr), noise

    def draw_noise(self, shape: tuple[int, ...], like: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Draw the noise ``(n, c, h, w)``, in units of [0, 1], from the generator or the seed of each row."""
        level = (self.noise.to(like) / 255).view(-1, 1, 1, 1)
        if generator is not None:
            return level * torch.randn(shape, generator=generator, device=like.device, dtype=like.dtype)
        rows = []
        for seed in self.seeds.tolist():
            source = torch.Generator().manual_seed(seed)
            rows.append(torch.randn(shape[1:], generator=source, dtype=torch.float32, device="cpu"))
        return level * torch.stack(rows).to(like)

    def to_dict(self) -> dict[str, Any]:
        """Convert to plain values for JSON; float32 numbers are preserved exactly."""
        kind = {} if self.kind == "classic" else {"kind": self.kind}
        return {"version": self.version, **kind, **self.to_plain()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Inverse of `to_dict`.

        Raises:
            BlindSRError: an entry is missing, unknown or invalid; the message names it.
        """
        values = dict(values)
        if values.pop("kind", "classic") != cls.kind:
            raise BlindSRError(f"not a record of a {cls.kind} degradation", Code.INVALID_FILE)
        version = values.pop("version", None)
        if version != cls.version:
            values = cls.upgraded(values, version)
        return cls.from_plain(values).validated()

    @classmethod
    def upgraded(cls, values: dict[str, Any], version: object) -> dict[str, Any]:
        """Convert the values of a record of an older version.

        Raises:
            BlindSRError: there is no such version.
        """
        raise BlindSRError(f"not a degradation record of version {cls.version}", Code.INVALID_FILE)

    def to_json(self) -> str:
        """Serialise to JSON."""
        return json.dumps(self.to_dict())

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Inverse of `to_json`; raises `BlindSRError` on anything else."""
        try:
            values = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise BlindSRError(f"a degradation record must be JSON: {error}", Code.INVALID_FILE) from None
        if not isinstance(values, dict):
            raise BlindSRError("a degradation record must be a JSON object", Code.INVALID_FILE)
        return cls.from_dict(values)

    def validated(self) -> Self:
        """Return self; raise `BlindSRError` if a value is invalid."""
        if type(self.scale) is not int or self.scale < 1:
            raise BlindSRError(f"expected a scale that is a positive integer, got {self.scale!r}")
        for name, value, allowed in (
            ("border", self.border, get_args(Border)),
            ("down", self.down, get_args(Downsampling)),
            ("blur_rounding", self.blur_rounding, get_args(Rounding)),
            ("rounding", self.rounding, get_args(Rounding)),
        ):
            if value not in allowed:
                raise BlindSRError(f"expected {name} to be one of {', '.join(allowed)}, got {value!r}")
        self._check_rows()
        return self

    def _check_rows(self) -> None:
        rows = self.kernels.shape[:1]
        if self.kernels.ndim != 3 or rows == (0,) or any(v.shape != rows for v in (self.noise, self.jpeg, self.seeds)):
            raise BlindSRError("kernels, noise, jpeg and seeds need one row per image")
        check_kernels(self.kernels)
        check_noise(self.noise)
        check_jpeg(self.jpeg)


def check_kernels(kernels: Tensor) -> None:
    """Check that kernels ``(n, k, k)`` are valid and sum to 1."""
    for kernel in kernels:
        kernel_room.check_kernel(kernel)
        if abs(float(kernel.sum()) - 1) > 1e-3:
            raise BlindSRError(f"a kernel of a degradation sums to {float(kernel.sum()):g}; expected 1")


def check_noise(noise: Tensor) -> None:
    """Check that noise levels ``(n,)`` are finite and not negative."""
    if not bool((torch.isfinite(noise) & (noise >= 0)).all()):
        raise BlindSRError("expected noise levels of at least 0, on the 0..255 scale")


def check_jpeg(quality: Tensor) -> None:
    """Check that JPEG qualities ``(n,)`` are valid."""
    if not bool(((quality >= 0) & (quality <= 100)).all()):
        raise BlindSRError("expected JPEG qualities from 1 to 100, or 0 for none")


def degrade(hr: Tensor, degradation: Degradation, noise: Tensor) -> Tensor:
    """Apply the differentiable part of Eq. 1: blur, subsampling and given noise, without rounding and JPEG.

    Args:
        hr: ``(n, 3, h, w)``.
        degradation: one row per image; only its kernels, border, scale, ``down`` and ``blur_rounding`` are used. The
            last has no gradient.
        noise: ``(n, 3, h / s, w / s)`` in units of [0, 1].

    Returns:
        ``(n, 3, h / s, w / s)``, not clamped.
    """
    scale = degradation.scale
    if len(hr) != len(degradation):
        raise BlindSRError(f"{len(hr)} images but {len(degradation)} degradations; expected one per image")
    if hr.shape[-2] % scale or hr.shape[-1] % scale:
        raise BlindSRError(
            f"an image of {hr.shape[-1]}x{hr.shape[-2]} is not divisible by scale {scale}; crop it",
            Code.INCOMPATIBLE,
        )
    kernels = degradation.kernels.to(hr)
    if degradation.blur_rounding == "none":
        return blur_and_downsample(hr, kernels, degradation.border, scale, degradation.down) + noise
    # In float64, since rounding errors of float32 would truncate exact levels
    exact = blur(hr.double(), kernels.double(), degradation.border).to(hr)
    blurred = _to_8_bit(exact, degradation.blur_rounding)
    lr = resize(blurred, 1 / scale) if degradation.down == "bicubic" else subsample(blurred, scale)
    return lr + noise


def _whole(values: Any) -> Tensor:
    """Convert a list of integers to a tensor; torch alone would truncate 30.7 to 30 silently."""
    given = torch.tensor(values)
    if given.is_floating_point():
        raise TypeError(f"expected integers, got {values}")
    return given.long()


def _to_8_bit(x: Tensor, rounding: Rounding) -> Tensor:
    if rounding == "round":
        return quantise(x)
    # In float32, k / 255 * 255 may be slightly less than k; truncation must not reduce it to k - 1.
    return (x.clamp(0, 1) * 255 + 1e-4).floor() / 255
