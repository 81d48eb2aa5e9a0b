"""Evaluation on real photographs: restore or read results, and measure them and bicubic interpolation."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from blindsr import images
from blindsr.degrade import resize
from blindsr.errors import BlindSRError, Code
from blindsr.evaluate.definition import RealProtocol
from blindsr.evaluate.folder import Results
from blindsr.evaluate.measures import Compared, Measure, artefacts, fidelity, psnr_inside_border, score
from blindsr.evaluate.metrics import luma_convention
from blindsr.evaluate.photographs import Photograph, PhotographSet
from blindsr.evaluate.run import save_image
from blindsr.evaluate.scores import Column, Row, Scores

RestoreFile = Callable[[Path], images.Picture]
"""Restores the LR image in a file."""

_LEAST = 11
"""Smallest side of an image for SSIM, pixels."""


def evaluate_real(
    subject: RestoreFile | Results,
    protocol: RealProtocol,
    data: Sequence[PhotographSet],
    *,
    model: str,
    scale: int | None = None,
    save_sr: Path | None = None,
    notice: Callable[[str, Row], None] | None = None,
    more: Sequence[Measure] = (),
    settings: Mapping[str, Any] | None = None,
) -> Scores:
    """Measure a model, or results of another program, on real photographs.

    Args:
        subject: model or results to measure.
        protocol: determines whether there are originals.
        data: the photographs.
        model: name of the model in the scores.
        scale: scale of the model; for results, None: it is determined from their sizes.
        save_sr: folder to write results to, as ``<protocol>/<data set>/<name>.png``.
        notice: called with the data set and the row after each photograph.
        more: measures in addition to PSNR, SSIM and artefacts.
        settings: other settings that affect the scores, stored with them.

    Raises:
        BlindSRError: an image cannot be read or is too small, or sizes do not match.
    """
    protocol = replace(protocol, scale=scale or _scale_of(subject, protocol, data[0]))
    measures = (*_measures_of_pairs(protocol), *more, artefacts())
    columns = []
    for one in data:
        rows: list[Row] = []
        for photograph in one.photographs:
            compared = _compared(subject, protocol, one.name, photograph)
            if save_sr is not None:
                save_image(compared.results[1:], save_sr / protocol.name / one.name / photograph.name)
            rows.append(Row(photograph.name, *score(compared, measures)))
            if notice is not None:
                notice(one.name, rows[-1])
        published = protocol.published.get((one.name, len(rows), protocol.scale), {})
        columns.append(Column(one.name, tuple(rows), published=published))
    return Scores(protocol, model, tuple(columns), measures, settings or {})


def _measures_of_pairs(protocol: RealProtocol) -> list[Measure]:
    """Return PSNR and SSIM of the whole image, and PSNR without the border that synthetic protocols ignore."""
    return (
        [*fidelity(protocol.convention), psnr_inside_border(luma_convention(protocol.scale))] if protocol.paired else []
    )


def _compared(
    subject: RestoreFile | Results, protocol: RealProtocol, data_set: str, photograph: Photograph
) -> Compared:
    """Return the results of bicubic interpolation and of the subject, with the original."""
    lr = images.read(photograph.lr).pixels[None]
    sr = _result(subject, protocol, data_set, photograph)
    size = tuple(protocol.scale * side for side in lr.shape[-2:])
    if sr.shape[-2:] != size:
        width, height = lr.shape[-1], lr.shape[-2]
        raise BlindSRError(
            f"the result for {photograph.lr} is {sr.shape[-1]}x{sr.shape[-2]} pixels, which is not {protocol.scale} "
            f"times {width}x{height}",
            Code.INCOMPATIBLE,
        )
    bicubic = resize(lr, protocol.scale).clamp(0, 1)
    return Compared(torch.cat([bicubic, sr]), lr, _original(photograph, size))


def _original(photograph: Photograph, size: tuple[int, ...]) -> Tensor | None:
    """Read the HR image, which must have the size of the results."""
    if photograph.hr is None:
        return None
    hr = images.quantise(images.read(photograph.hr).pixels[None])
    if hr.shape[-2:] != size:
        raise BlindSRError(
            f"{photograph.hr} is {hr.shape[-1]}x{hr.shape[-2]} pixels, but its LR image requires {size[1]}x{size[0]}",
            Code.INCOMPATIBLE,
        )
    if min(size) < _LEAST:
        raise BlindSRError(f"{photograph.hr} is too small: expected at least {_LEAST} pixels per side", Code.TOO_SMALL)
    return hr


def _result(subject: RestoreFile | Results, protocol: RealProtocol, data_set: str, photograph: Photograph) -> Tensor:
    if isinstance(subject, Results):
        return images.read(subject.find(protocol.name, data_set, *photograph.names)).pixels[None]
    return subject(photograph.lr).pixels[None]


def _scale_of(subject: RestoreFile | Results, protocol: RealProtocol, data: PhotographSet) -> int:
    """Return the ratio of the sizes of the first result and its LR image."""
    first = data.photographs[0]
    lr, sr = images.read(first.lr).pixels, _result(subject, protocol, data.name, first)
    scale = round(sr.shape[-1] / lr.shape[-1])
    if scale < 1:
        raise BlindSRError(f"the result for {first.lr} is smaller than its image", Code.TOO_SMALL)
    return scale
