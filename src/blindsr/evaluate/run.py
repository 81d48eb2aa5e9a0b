"""Evaluation of a protocol: degrade HR images, restore them, and measure the results and bicubic interpolation."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from blindsr import files, images
from blindsr.contract import Hints
from blindsr.degrade import Degradation, resize
from blindsr.errors import BlindSRError, Code
from blindsr.evaluate.definition import Protocol, seed_of
from blindsr.evaluate.folder import DataSet, Results
from blindsr.evaluate.measures import Compared, Measure, fidelity, score
from blindsr.evaluate.scores import Column, Row, Scores
from blindsr.inference.upscaler import Upscaler

Restore = Callable[[Tensor, Degradation], Tensor]
"""Maps LR ``(1, 3, h, w)`` to SR ``(1, 3, s*h, s*w)``, both in [0, 1]. The degradation is passed for methods whose
papers use the ground truth; blind methods ignore it."""


@dataclass(frozen=True)
class OracleRestorer:
    """Restores an LR image using its HR image, as teachers do; called with LR, degradation and HR."""

    restore: Callable[[Tensor, Degradation, Tensor], Tensor]


@dataclass(frozen=True)
class Folders:
    """Folders to write images to, as ``<protocol>/<data set>/<name>.png``; none by default."""

    lr: Path | None = None
    """LR images, each with a JSON record of its degradation."""
    sr: Path | None = None


def evaluate(
    restore: Restore | OracleRestorer | Results,
    protocol: Protocol,
    data: Sequence[DataSet],
    *,
    model: str,
    save: Folders | None = None,
    notice: Callable[[str, Row], None] | None = None,
    more: Sequence[Measure] = (),
    settings: Mapping[str, Any] | None = None,
) -> Scores:
    """Measure a model, or results of another program, with a protocol.

    Args:
        restore: function or results to measure.
        protocol: the degradations and the convention.
        data: test images; they are cropped to a multiple of the scale, and gray images are replicated to RGB.
        model: name of the model in the scores, which also selects the published row.
        save: folders for LR and SR images.
        notice: called with the data set and the row after each image.
        more: measures in addition to PSNR and SSIM.
        settings: other settings that affect the scores, stored with them.

    Raises:
        BlindSRError: an image cannot be read or is too small, or a result is missing or has another size.
    """
    columns, measures = [], (*fidelity(protocol.convention), *more)
    for data_set in data:
        rows: list[Row] = []
        for path in data_set.paths:
            for row in _image(path, restore, protocol, data_set.name, save=save or Folders(), measures=measures):
                rows.append(row)
                if notice is not None:
                    notice(data_set.name, row)
        paper = protocol.paper_psnr(model, data_set.name) if data_set.whole else None
        columns.append(Column(data_set.name, tuple(rows), paper))
    return Scores(protocol, model, tuple(columns), measures, settings or {})


def restore_with_hints(
    upscaler: Upscaler, hinted: Protocol | None, steps: int | None = None, support: Sequence[Path] = ()
) -> Restore:
    """Return a function that restores images with the hints of a protocol's paper.

    Args:
        upscaler: the model.
        hinted: the protocol whose hints are given, if any.
        steps: number of gradient steps.
        support: HR images that are degraded like each test image and used as its support set.
    """
    pictures = [(path.stem, images.modcrop(images.read(path).pixels, upscaler.scale)[None]) for path in support]

    def restore(lr: Tensor, degradation: Degradation) -> Tensor:
        hints = Hints() if hinted is None else hinted.oracle_hints(degradation, upscaler.method.supported_hints)
        alike = [replace(degradation, seeds=_seed(degradation, name)).apply(hr) for name, hr in pictures]
        return upscaler(lr, replace(hints, steps=steps, support=alike or None))

    return restore


def _seed(degradation: Degradation, image: str) -> Tensor:
    """Return a seed for the noise of another image with the same degradation."""
    return torch.tensor([seed_of(str(int(degradation.seeds[0])), image)])


def _image(
    path: Path,
    restore: Restore | OracleRestorer | Results,
    protocol: Protocol,
    data_set: str,
    *,
    save: Folders,
    measures: Sequence[Measure],
) -> list[Row]:
    """Measure all LR versions of an HR image."""
    pixels = images.quantise(images.read(path).pixels)
    least = 2 * protocol.convention.border + 11  # SSIM's window inside the border
    if min(pixels.shape[1:]) - protocol.scale < least:
        raise BlindSRError(
            f"{path} is too small: expected at least {least + protocol.scale} pixels per side", Code.TOO_SMALL
        )
    hr = images.modcrop(pixels, protocol.scale)[None]
    degradations = protocol.degradations(path.stem)
    rows = []
    for index, degradation in enumerate(degradations):
        name = path.stem if len(degradations) == 1 else f"{path.stem}-{index + 1}"
        place = Path(protocol.name) / data_set / name
        lr = degradation.apply(hr)
        if save.lr is not None:
            _save_lr(lr, degradation, save.lr / place)
        if isinstance(restore, Results):
            sr = _result(restore.find(protocol.name, data_set, name), hr)
        elif isinstance(restore, OracleRestorer):
            sr = restore.restore(lr, degradation, hr).detach().to(hr)
        else:
            sr = restore(lr, degradation).detach().to(hr)
        if save.sr is not None:
            save_image(sr, save.sr / place)
        bicubic = resize(lr, protocol.scale).clamp(0, 1)
        rows.append(Row(name, *score(Compared(torch.cat([bicubic, sr]), lr, hr), measures)))
    return rows


def _result(path: Path, hr: Tensor) -> Tensor:
    sr = images.read(path).pixels[None]
    if sr.shape != hr.shape:
        height, width = hr.shape[-2:]
        raise BlindSRError(
            f"{path} is {sr.shape[-1]}x{sr.shape[-2]} pixels, but the test image is {width}x{height}", Code.INCOMPATIBLE
        )
    return sr


def _save_lr(lr: Tensor, degradation: Degradation, place: Path) -> None:
    save_image(lr, place)
    files.write_file(place.with_name(f"{place.name}.json"), degradation.to_json())


def save_image(image: Tensor, place: Path) -> None:
    """Write ``(1, 3, h, w)`` as a PNG; missing folders are created."""
    files.make_folder(place.parent)
    images.write(images.Picture(image[0]), place.with_name(f"{place.name}.png"))
