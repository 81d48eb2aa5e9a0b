"""A method on a device, ready to restore pictures."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Literal, overload

import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from blindsr import forks, heap
from blindsr.contract import Hints, Method, check_image
from blindsr.degrade.resample import resize, resize_to
from blindsr.devices import Precision, cpu_by_default, find_device, resolve_precision
from blindsr.errors import BlindSRError, Code
from blindsr.images import Picture, luma
from blindsr.images.color.gamut import find_gamut
from blindsr.images.sources import Source, to_picture
from blindsr.inference.faithful import ImplausibleError, required_context, restore_faithfully
from blindsr.inference.named import fallback_models, load_method
from blindsr.inference.progress import Watch
from blindsr.inference.size import Size
from blindsr.inference.tiles import Box, empty_result, restore_tiled
from blindsr.inference.transparency import fill_transparent, network_input

TILES = (1024, 512, 384, 256, 192, 128, 96, 64)
"""Available tile sides, LR pixels; larger ones repeat less context, smaller ones need less memory."""
_TILE = 512
"""Largest tile side on a CPU, which does not benefit from larger ones."""
_TILE_MEMORY = 2**30
"""Target for the activation memory of a tile on a CPU, bytes."""
_OVERSHOOT = 0.5
"""How far values of a tensor may lie outside [0, 1], as those after interpolation or with noise do."""
_BICUBIC = 4
"""Context of bicubic interpolation, pixels."""


class Upscaler:
    """Restore images by a method: estimate the condition of an image once, then restore it in tiles.

    The method is moved to the device and set to evaluation mode, not copied. Instances are immutable after that and
    thread-safe.

    Examples:
        >>> import blindsr, torch
        >>> upscaler = blindsr.Upscaler("cmdsr_x4.photo")
        >>> upscaler.upscale("photo.jpg").pixels.shape
        torch.Size([3, 192, 256])
        >>> upscaler(torch.rand(1, 3, 16, 24)).shape
        torch.Size([1, 3, 64, 96])
    """

    def __init__(
        self,
        method: Method[Any] | str | Path,
        *,
        device: str | torch.device = "auto",
        precision: Precision = "auto",
        tile: int | Literal["auto"] = "auto",
        seed: int = 0,
        guard: bool = True,
    ) -> None:
        """Prepare a method.

        Args:
            method: a method, the name of weights, or the path of a weights file (see `load_method`).
            device: torch device; ``"auto"`` uses CUDA, XPU or MPS if available, else the CPU.
            precision: ``"auto"`` is bf16 if the hardware supports it, else fp32.
            tile: largest side of a tile in LR pixels without context; halved if memory runs out.
            seed: seed of random choices; the same image and seed give the same result.
            guard: whether a fallback model restores images for which the network's result is implausible; disable
                it for untrained networks.

        Raises:
            BlindSRError: unknown device, precision or tile.
        """
        forks.limit_forked_threads()
        self.device = find_device(device)
        if precision not in ("auto", "fp32", "bf16"):
            raise BlindSRError(f"expected the precision auto, fp32 or bf16, got {precision!r}")
        if tile != "auto" and tile < 1:
            raise BlindSRError(f"expected a tile of at least 1 pixel, or auto, got {tile}")
        self.precision = resolve_precision(precision, self.device)
        self.seed, self._guard = seed, guard
        method = method if isinstance(method, Method) else load_method(method)
        self.method: Method[Any] = method.eval().to(self.device)
        self.tile = self._sensible_tile() if tile == "auto" else tile
        self.method.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stub lacks it
        self._spares = fallback_models(self.scale)

    def _sensible_tile(self) -> int:
        if self.device.type != "cpu":
            return TILES[0]
        traits = self.method.traits

        def sensible(side: int) -> bool:
            padded = side + 2 * self.context
            return side <= _TILE and (side <= 4 * self.context or traits.features(padded, padded) <= _TILE_MEMORY)

        return next(filter(sensible, TILES), TILES[-1])

    @property
    def context(self) -> int:
        """Context in pixels on each side of a region that makes its result equal to that of the whole image."""
        return required_context(self.method)

    @property
    def scale(self) -> int:
        """Output pixels per input pixel along each side."""
        return self.method.traits.scale

    @overload
    def __call__(self, source: Tensor, hints: Hints = ...) -> Tensor: ...

    @overload
    def __call__(
        self, source: Picture | str | os.PathLike[str] | NDArray[Any] | Image.Image, hints: Hints = ...
    ) -> Picture: ...

    def __call__(self, source: Source, hints: Hints = Hints()) -> Tensor | Picture:
        """Estimate the condition of an image and restore it; a tensor gives a tensor, other sources a picture.

        Args:
            source: ``(1, 3, h, w)``, RGB in [0, 1], on any device; or what `upscale` takes.
            hints: known properties of the degradation.

        Returns:
            ``(1, 3, s*h, s*w)``, float32, clamped to [0, 1], where the tensor is; or what `upscale` returns.

        Raises:
            BlindSRError: not one RGB image, an unsupported hint, or not enough memory.
        """
        if isinstance(source, Tensor):
            return self.restore(source, self.condition(source, hints))
        return self.upscale(source, hints)

    def map(self, sources: Iterable[Source], hints: Hints = Hints()) -> Iterator[Picture]:
        """Upscale images lazily, one after the other."""
        return (self.upscale(source, hints) for source in sources)

    def condition(self, lr: Tensor, hints: Hints = Hints()) -> Any:
        """Estimate the condition of a whole image ``(1, 3, h, w)``.

        Raises:
            BlindSRError: not one RGB image, or an unsupported hint.
        """
        self.check(hints)
        for image in (lr, *(hints.support or ())):
            _check_one(image)
        if hints.support is not None:
            hints = replace(hints, support=[self.to_device(image) for image in hints.support])
        # On the CPU, so that every device gets the same random numbers
        generator = torch.Generator().manual_seed(self.seed)
        with torch.no_grad(), self.autocast(), cpu_by_default():
            condition = self.method.condition(self.to_device(lr), generator=generator, hints=hints)
        heap.trim()
        return condition

    def check(self, hints: Hints) -> None:
        """Check that the method supports all hints."""
        useless = [name for name in hints.given() if name not in self.method.supported_hints]
        if useless:
            raise BlindSRError(
                f"{type(self.method).__name__} does not support {' and '.join(useless)}; remove it",
                Code.UNSUPPORTED_OPTION,
            )

    def restore(self, lr: Tensor, condition: Any) -> Tensor:
        """Restore an image, or a part of it, with a condition; otherwise as `__call__`."""
        _check_one(lr)
        result = self._restore(lr, condition, Box(0, lr.shape[-2], 0, lr.shape[-1]))
        heap.trim()
        return result

    def _restore(
        self,
        lr: Tensor,
        condition: Any,
        part: Box,
        watch: Watch = Watch(),
        tile: int | None = None,
        *,
        guarded: bool = False,
    ) -> Tensor:
        out, side = empty_result(part.crop(lr), self.scale), self.tile if tile is None else tile
        make = partial(restore_faithfully, guarded=guarded)
        with torch.no_grad(), self.autocast(), cpu_by_default():
            restore_tiled(
                self.method, self.to_device(lr), condition, tile=side, out=out, part=part, watch=watch, make=make
            )
        return out.clamp_(0, 1)

    @cached_property
    def fallback(self) -> "Upscaler":
        """Fallback model of the same scale; the last one is bicubic interpolation."""
        name, *others = self._spares
        spare = Upscaler(name, device=self.device, precision=self.precision, seed=self.seed)
        spare._spares = tuple(others)
        spare.tile = min(spare.tile, self.tile)
        alike = type(spare.method) is type(self.method) and spare.method.config == self.method.config
        return spare.fallback if alike else spare

    def fallback_for(self, error: ImplausibleError, watch: Watch = Watch()) -> "Upscaler":
        """Return the fallback after an error, and report a warning."""
        names = [type(one.method).__name__ for one in (self, self.fallback)]
        watch.warn(f"{names[0]} failed on this image; using {names[1]} instead: {error}")
        return self.fallback

    def upscale(
        self,
        source: Source,
        hints: Hints = Hints(),
        *,
        size: Size = Size(),
        strength: float = 1.0,
        tile: int | None = None,
        watch: Watch = Watch(),
    ) -> Picture:
        """Restore a picture; depth, gray, transparency, profile and metadata are kept.

        Colours of other profiles are converted to sRGB for the network, and back.

        The colour of fully transparent pixels is replaced by that of visible pixels nearby before restoration, which
        avoids dark fringes. Alpha is interpolated bicubically.

        Args:
            source: a picture, the path of a file, an array, or a PIL image.
            hints: known properties of its degradation.
            size: size of the result, resampled from the network's result.
            strength: 0 is the bicubic enlargement, 1 the network's result.
            tile: largest side of a tile in LR pixels; by default that of the upscaler.
            watch: progress and cancellation.

        Raises:
            BlindSRError: not a valid image, an unsupported hint, an invalid size, or not enough memory.
        """
        picture = to_picture(source)
        return self.enlarge(
            picture, self.estimate_condition(picture, hints), size=size, strength=strength, tile=tile, watch=watch
        )

    def estimate_condition(self, source: Source, hints: Hints = Hints()) -> Any:
        """Estimate the condition of a picture; `condition` does so for tensors."""
        return self.condition(network_input(to_picture(source)), hints)

    def enlarge(
        self,
        source: Source,
        condition: Any,
        *,
        size: Size = Size(),
        strength: float = 1.0,
        tile: int | None = None,
        watch: Watch = Watch(),
        strict: bool = False,
    ) -> Picture:
        """Restore a picture with a condition; otherwise as `upscale`.

        If the result is implausible (see `faithful`), a fallback model restores the picture and ``watch`` is notified;
        with ``strict``, `ImplausibleError` is raised instead.
        """
        picture = to_picture(source)
        width, height = size.resolve(picture.width, picture.height, self.scale)
        whole = Box(0, picture.height, 0, picture.width)
        try:
            made = self._colour(picture, condition, whole, strength, watch=watch, tile=tile)
        except ImplausibleError as error:
            if strict:
                raise
            spare = self.fallback_for(error, watch)
            return spare.enlarge(
                picture, spare.estimate_condition(picture), size=size, strength=strength, tile=tile, watch=watch
            )
        colour = _resample(made, (height, width))
        alpha = None if picture.alpha is None else _resample(picture.alpha[None].clone(), (height, width))[0]
        heap.trim()
        return _like(picture, colour, alpha)

    def preview(
        self,
        source: Source,
        condition: Any,
        region: tuple[int, int, int, int],
        *,
        strength: float = 1.0,
        tile: int | None = None,
        watch: Watch = Watch(),
        strict: bool = False,
    ) -> Picture:
        """Restore a region of a picture, exactly as in the whole result.

        Args:
            source: the whole picture.
            condition: as `estimate_condition` returns it.
            region: left, top, width and height, pixels of the picture.
            strength: 0 is the bicubic enlargement, 1 the network's result.
            tile: as for `upscale`.
            watch: as for `upscale`.
            strict: as for `enlarge`.

        Raises:
            BlindSRError: the region lies outside the picture.
        """
        picture = to_picture(source)
        left, top, width, height = region
        box = Box(top, top + height, left, left + width)
        if min(left, top) < 0 or min(width, height) < 1 or box.bottom > picture.height or box.right > picture.width:
            raise BlindSRError(
                f"the region {left},{top},{width},{height} does not lie inside a picture of "
                f"{picture.width}x{picture.height} pixels; expected X,Y,WIDTH,HEIGHT"
            )
        try:
            colour = self._colour(picture, condition, box, strength, watch=watch, tile=tile)
        except ImplausibleError as error:
            if strict:
                raise
            spare = self.fallback_for(error, watch)
            known = spare.estimate_condition(picture)
            return spare.preview(picture, known, region, strength=strength, tile=tile, watch=watch)
        alpha = None if picture.alpha is None else self._interpolated(picture.alpha[None], box)[0].clamp(0, 1)
        return _like(picture, colour, alpha)

    def _colour(
        self, picture: Picture, condition: Any, box: Box, strength: float, *, watch: Watch, tile: int | None
    ) -> Tensor:
        """Return the restored colours ``(1, 3, s*h, s*w)`` of a part of a picture."""
        if not 0 <= strength <= 1:
            raise BlindSRError(f"expected a strength between 0 and 1, got {strength}")
        padded = box.expanded(self.context, picture.pixels)
        lr, inner = fill_transparent(_cut(picture, padded)), box.relative_to(padded)
        gamut = find_gamut(picture.metadata)
        known = lr if gamut is None else gamut.to_srgb(lr)
        sr = self._restore(known, condition, inner, watch, tile, guarded=self._guard)
        if gamut is not None:  # colours outside sRGB come from the image itself
            sr = (gamut.from_srgb(sr) + self._interpolated(lr - gamut.from_srgb(known), inner)).clamp_(0, 1)
        if strength < 1:
            sr = torch.lerp(self._interpolated(lr, inner).clamp_(0, 1), sr, strength)
        return sr

    def _interpolated(self, image: Tensor, box: Box) -> Tensor:
        """Enlarge a part of ``(1, c, h, w)`` bicubically, as in the whole."""
        padded = box.expanded(_BICUBIC, image)
        return box.relative_to(padded).scaled(self.scale).crop(resize(padded.crop(image), self.scale))

    def average_conditions(self, conditions: Sequence[Any]) -> Any:
        """Mean of the conditions of several images with the same degradation.

        Raises:
            BlindSRError: the method does not support stored conditions.
        """
        packed = [self.method.pack(condition) for condition in conditions]
        return self.method.unpack({name: torch.stack([one[name] for one in packed]).mean(0) for name in packed[0]})

    def autocast(self) -> torch.autocast:
        return torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.precision == "bf16")

    def to_device(self, image: Tensor) -> Tensor:
        return image.to(self.device, torch.float32, memory_format=torch.channels_last)


def _cut(picture: Picture, box: Box) -> Picture:
    alpha = None if picture.alpha is None else box.crop(picture.alpha)
    return replace(picture, pixels=box.crop(picture.pixels), alpha=alpha)


def _like(picture: Picture, colour: Tensor, alpha: Tensor | None) -> Picture:
    """Create a picture of new pixels ``(1, 3, h, w)`` and alpha ``(1, h, w)``, gray if the given one is."""
    if picture.metadata.gray:
        colour = ((luma(colour) - 16) / 219).clamp(0, 1).expand(-1, 3, -1, -1).contiguous()
    return replace(picture, pixels=colour[0], alpha=alpha)


def _resample(image: Tensor, size: tuple[int, int]) -> Tensor:
    """Resample ``(1, c, h, w)`` bicubically to a height and width, clamped to [0, 1]."""
    return image if tuple(image.shape[-2:]) == size else resize_to(image, size).clamp(0, 1)


def _check_one(image: Tensor) -> None:
    check_image(image)
    if not image.is_floating_point():
        raise BlindSRError(f"expected a tensor of floats in [0, 1], got {image.dtype}; divide 8-bit values by 255")
    if len(image) != 1:
        raise BlindSRError(f"expected one image (1, 3, height, width), got {len(image)}")
    low, high = (float(one) for one in image.detach().aminmax())
    if not (low >= -_OVERSHOOT and high <= 1 + _OVERSHOOT):  # written so that NaN is refused too
        raise BlindSRError(f"expected floats in [0, 1], got {low:.9g} to {high:.9g}; rescale them")
