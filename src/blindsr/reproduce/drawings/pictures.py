"""Figures of images: degradations side by side, modulation maps, and results by support set."""

from collections.abc import Iterable
from pathlib import Path
from statistics import fmean, pstdev
from typing import Any, Literal

import torch
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor

from blindsr import images
from blindsr.contract import Hints
from blindsr.degrade import kernels
from blindsr.evaluate import DataSet, protocol, psnr
from blindsr.evaluate.definition import degradation
from blindsr.inference.modulation import modulation_map
from blindsr.inference.upscaler import Upscaler
from blindsr.reproduce.drawings.drawing import Drawing, Drawn, Work
from blindsr.reproduce.drawings.figure import blank
from blindsr.reproduce.estimation import measure_estimates


class Window(Drawing):
    """Figure of an image under a grid of blurs and noise levels."""

    kind: Literal["window"]
    title: str
    scale: int = 4
    widths: tuple[float, ...]
    """Standard deviations of the blur, HR pixels."""
    noises: tuple[float, ...]
    """Standard deviations of the noise, 0 to 255."""
    kernel: int = 15
    """Side of the blur kernel, HR pixels."""
    image: int = Field(0, ge=0, description="index of an image of the data set")

    def draw_data(self, work: Work, data: DataSet) -> Drawn:
        """Draw the LR images: a row for each width, a column for each noise level."""
        path = data.paths[min(self.image, len(data.paths) - 1)]
        hr = images.modcrop(images.read(path).pixels, self.scale)[None]
        plot = blank(1.7 * len(self.noises), 1.9 * len(self.widths))
        plot.suptitle(f"{self.title}: {path.stem}, x{self.scale}")
        for number, (width, noise) in enumerate((w, n) for w in self.widths for n in self.noises):
            name = f"window-{width:g}-{noise:g}"
            kernel = kernels.gaussian(self.kernel, width)
            (record,) = degradation(name, path.stem, scale=self.scale, kernel=kernel, noise=noise)
            axes = plot.add_subplot(len(self.widths), len(self.noises), number + 1)
            axes.imshow(_pixels(record.apply(hr)[0]), interpolation="nearest")
            axes.set_title(f"[{width:g}, {noise:g}]", fontsize="small")
            axes.set_axis_off()
        return plot, {"widths": list(self.widths), "noises": list(self.noises)}


class Maps(Drawing):
    """Figure of images, with the mean of their modulation maps below."""

    kind: Literal["maps"]
    title: str
    variant: str
    protocol: str
    count: int = 4

    def used(self) -> Iterable[str]:
        return (self.variant,)

    def draw_data(self, work: Work, data: DataSet) -> Drawn:
        """Draw maps from 0 in black to 1 in white; a fixed range shows how little a map varies."""
        upscaler, chosen, paths = work.upscaler(self.variant), protocol(self.protocol), data.paths[: self.count]
        plot, numbers = blank(2.4 * len(paths), 4.6), {}
        plot.suptitle(self.title)
        for column, path in enumerate(paths):
            hr = images.modcrop(images.read(path).pixels, chosen.scale)[None]
            lr = chosen.degradations(path.stem)[0].apply(hr)
            gain = modulation_map(upscaler, lr, upscaler.condition(lr))
            numbers[path.stem] = {"min": float(gain.min()), "max": float(gain.max()), "std": float(gain.std())}
            above = plot.add_subplot(2, len(paths), column + 1)
            above.imshow(_pixels(hr[0]))
            below = plot.add_subplot(2, len(paths), len(paths) + column + 1)
            below.imshow(gain.cpu().numpy(), cmap="gray", vmin=0, vmax=1)
            below.set_title(f"std {numbers[path.stem]['std']:.3f}", fontsize="small")
            for axes in (above, below):
                axes.set_axis_off()
        return plot, numbers


class Kernels(Drawing):
    """Figure of estimated blur kernels of one image, next to the true one."""

    kind: Literal["kernels"]
    title: str
    protocol: str
    lines: dict[str, str] = Field(description="variants by their labels")
    image: int = Field(0, ge=0, description="index of an image of the data set")

    def used(self) -> Iterable[str]:
        return self.lines.values()

    def draw_data(self, work: Work, data: DataSet) -> Drawn:
        """Draw the LR image and the kernels from 0 in black to the true one's maximum in white."""
        chosen, path = protocol(self.protocol), data.paths[min(self.image, len(data.paths) - 1)]
        hr = images.modcrop(images.quantise(images.read(path).pixels), chosen.scale)[None]
        truth = chosen.degradations(path.stem)[0]
        lr, numbers = truth.apply(hr), {}
        shown = {"LR image": _pixels(lr[0]), "true kernel": truth.kernels[0].numpy()}
        for label, variant in self.lines.items():
            upscaler = work.upscaler(variant)
            (errors,) = measure_estimates(upscaler, chosen, [data])
            numbers[label] = {"kernel_error": errors.kernel_error, "width": errors.width_found}
            estimate = upscaler.method.estimate(upscaler.condition(lr))
            assert estimate is not None  # otherwise, the errors could not be measured
            shown[f"{label}: error {errors.kernel_error:.2f}"] = estimate.kernel.cpu().numpy()
        plot = blank(2.4 * len(shown), 2.8)
        plot.suptitle(f"{self.title}: {path.stem}")
        for number, (label, picture) in enumerate(shown.items(), 1):
            axes = plot.add_subplot(1, len(shown), number)
            axes.imshow(picture, cmap="gray", vmin=0, vmax=float(truth.kernels.max()), interpolation="nearest")
            axes.set_title(label, fontsize="small")
            axes.set_axis_off()
        return plot, numbers


class SupportSets(Drawing):
    """PSNR of one image by support set: patches of the image itself, and of the other images of its data set."""

    kind: Literal["support"]
    title: str
    variant: str
    protocol: str
    image: str
    """Name of an image without extension; the first image of the data set is used if there is none of this name."""
    repeats: int = 100

    def used(self) -> Iterable[str]:
        return (self.variant,)

    def draw_data(self, work: Work, data: DataSet) -> Drawn:
        """Draw a point for each support set."""
        found = self.measure(work.upscaler(self.variant), data)
        plot, numbers = blank(), {}
        axes = plot.add_subplot()
        for label, values in found.items():
            axes.scatter(range(1, len(values) + 1), values, s=10, label=label)
            numbers[label] = {"mean": fmean(values), "std": pstdev(values), "psnr": values}
        axes.set(title=self.title, xlabel="support set", ylabel="PSNR (dB)")
        axes.legend()
        return plot, numbers

    def measure(self, upscaler: Upscaler, data: DataSet) -> dict[str, list[float]]:
        """Return the PSNR of each support set in dB, by the source of its patches."""
        chosen = protocol(self.protocol)

        def degraded(path: Path) -> tuple[Tensor, Tensor]:
            hr = images.modcrop(images.quantise(images.read(path).pixels), chosen.scale)[None]
            return chosen.degradations(path.stem)[0].apply(hr).to(upscaler.device), hr

        paths = {path.stem: path for path in data.paths}
        name = self.image if self.image in paths else data.paths[0].stem
        lr, hr = degraded(paths.pop(name))
        sources: dict[str, list[Tensor]] = {"self-patches": [lr]}
        if paths:
            sources["other-patches"] = [degraded(path)[0] for path in paths.values()]

        def measured(support: list[Tensor], seed: int) -> float:
            generator = torch.Generator().manual_seed(seed)
            with torch.no_grad():
                condition = upscaler.method.condition(lr, generator=generator, hints=Hints(support=support))
            return float(psnr(upscaler.restore(lr, condition).cpu(), hr, chosen.convention))

        return {label: [measured(found, seed) for seed in range(self.repeats)] for label, found in sources.items()}


def _pixels(image: Tensor) -> NDArray[Any]:
    """Convert an image ``(3, h, w)`` to an array ``(h, w, 3)`` for matplotlib."""
    pixels: NDArray[Any] = image.clamp(0, 1).permute(1, 2, 0).cpu().numpy()
    return pixels
