"""Export of models for other runtimes: the restoration network, the condition network, and a description."""

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from blindsr import files, images, weights
from blindsr.contract import Hints, Method
from blindsr.degrade.kernel_io import load_kernel
from blindsr.errors import BlindSRError, Code
from blindsr.inference.named import load_method
from blindsr.inference.transparency import network_input
from blindsr.inference.upscaler import Upscaler
from blindsr.pipeline import condition_io
from blindsr.pipeline.drawing import degraded_drawing
from blindsr.runtimes import precision as precisions
from blindsr.runtimes.compiled import example
from blindsr.runtimes.graph import (
    IMAGE,
    Encoder,
    Restorer,
    comparison_image,
    difference_from_torch,
    encoder_graph,
    restoring_graph,
)
from blindsr.runtimes.precision import Precision
from blindsr.runtimes.session import Session, open_session

Format = Literal["onnx", "openvino"]
_SUFFIXES: dict[Format, tuple[str, ...]] = {"onnx": (".onnx",), "openvino": (".xml", ".bin")}
_SIZES = ((1, 1), (17, 33), (48, 64))
"""Sizes (height, width) of the images that graphs are verified on, LR pixels."""
_LARGEST_DIFFERENCE: dict[Precision, float] = {"fp32": 1 / 255, "fp16": 2 / 255, "int8": 0.25}
"""Tolerances between the results of a graph and torch; the quality of int8 needs an evaluation."""
_CROP, _CROPS = 96, 24
"""Side and number of the crops for calibrating int8."""


@dataclass(frozen=True)
class Exported:
    """Exported files."""

    paths: tuple[Path, ...]
    difference: float
    """Largest difference from torch on images of odd sizes, 0..255."""


def export(
    model: str | Path,
    folder: Path,
    *,
    to: Format = "onnx",
    precision: Precision = "fp32",
    condition: Path | None = None,
    photo: Path | None = None,
    kernel: Path | None = None,
    calibrate: Path | None = None,
    overwrite: bool = False,
) -> Exported:
    """Export a model as graphs, verified against torch on images of odd sizes.

    Without ``condition``, ``photo`` and ``kernel``, the restoration network takes the condition as inputs, and a
    second graph estimates it. The height and width of images are dynamic.

    Args:
        model: name of weights or path of their file.
        folder: output folder; files are named after the model.
        to: format of the graphs.
        precision: of weights and features; for OpenVINO, of weights.
        condition: a file of ``blindsr condition``, built into the network.
        photo: a photograph whose condition is built into the network; methods that adapt require it or ``kernel``.
        kernel: the known blur kernel of the photograph; without ``photo``, the condition of a drawing that was blurred
            by it is built into the network.
        calibrate: folder of photographs for calibrating int8.
        overwrite: replace files that exist.

    Raises:
        BlindSRError: the network cannot be exported, options do not suit it, or the results of the graph differ from
            torch.
    """
    name = weights.name_of(model)
    for suffix in (*_SUFFIXES[to], ".json"):
        files.check_new(folder / f"{name}{suffix}", overwrite=overwrite)
    method = load_method(model)
    fixed, given = _condition(model, method, condition, photo, kernel)
    network = Restorer(method, given, fixed=fixed)
    graph = restoring_graph(network)
    if precision == "int8":
        graph = precisions.to_int8(graph, _examples(method, given, calibrate, fixed=fixed))
    elif precision == "fp16" and to == "onnx":
        graph = precisions.to_float16(graph)
    description = _description(model, method, given, precision, fixed=fixed)
    content = {name: _converted(graph, description, to, half=precision == "fp16")}
    difference = _difference(network, content[name], precision, to)
    if description["encoder_input"] is not None:
        encoder_input = _encoder_input(method)
        assert encoder_input is not None
        second = encoder_graph(Encoder(method, list(given)), encoder_input)
        content[f"{name}.condition"] = _converted(second, description, to, half=False)
    written = [
        _write(folder / f"{stem}{suffix}", data, overwrite=overwrite)
        for stem, parts in content.items()
        for suffix, data in zip(_SUFFIXES[to], parts, strict=True)
    ]
    written.append(_write(folder / f"{name}.json", json.dumps(description, indent=2) + "\n", overwrite=overwrite))
    return Exported(tuple(written), round(255 * difference, 3))


def _condition(
    model: str | Path, method: Method[Any], stored: Path | None, photo: Path | None, kernel: Path | None
) -> tuple[bool, dict[str, Tensor]]:
    """Return whether the condition is built into the network, and its tensors."""
    if stored is not None and (photo is not None or kernel is not None):
        raise BlindSRError(
            "--condition cannot be combined with --photo or --kernel: both set the condition", Code.CONFLICTING_OPTIONS
        )
    upscaler = Upscaler(method, device="cpu", precision="fp32")
    if stored is not None:
        return True, method.to_tensors(condition_io.load_condition(stored, str(model), upscaler))
    if photo is not None or kernel is not None:
        tensors = method.to_tensors(_known_condition(upscaler, photo, kernel))
        if kernel is not None and not tensors:
            raise BlindSRError(f"{type(method).__name__} has no condition; remove --kernel", Code.UNSUPPORTED_OPTION)
        return True, tensors
    if "steps" in method.supported_hints:
        raise BlindSRError(
            f"{type(method).__name__} adapts to each photograph; give one with --photo, or a blur kernel with --kernel",
            Code.MISSING_OPTION,
        )
    return False, example(method)


def _known_condition(upscaler: Upscaler, photo: Path | None, kernel: Path | None) -> Any:
    """Condition of a photograph, or of a drawing where only the blur kernel is known."""
    known = None if kernel is None else load_kernel(kernel)
    if photo is not None:
        return upscaler.condition(network_input(images.read(photo)), Hints(kernel=known))
    assert known is not None
    method = upscaler.method
    drawing = degraded_drawing(known, upscaler.scale, "bicubic" if method.symmetric else "direct")
    return upscaler.condition(drawing, Hints(kernel=known if "kernel" in method.supported_hints else None))


def _encoder_input(method: Method[Any]) -> Tensor | None:
    """Return an example input of the condition network."""
    large = torch.zeros(1, 3, 512, 512)  # so that the graph of CMDSR has all support sets
    return method.encoder_input(large, torch.Generator().manual_seed(0))


def _description(
    model: str | Path, method: Method[Any], given: Mapping[str, Tensor], precision: str, *, fixed: bool
) -> dict[str, Any]:
    """Build the description of the graphs for programs that use them."""
    path = weights.find_weights(model)
    card = None if weights.is_foreign(path) else weights.read_card(path)
    encoder_input = None if fixed else _encoder_input(method)
    takes: dict[str, Any] | None = None
    if encoder_input is not None and encoder_input.ndim == 5:
        takes = {"kind": "patches", "shape": list(encoder_input.shape)}
    elif encoder_input is not None:
        config = method.config.model_dump()
        takes = {"kind": "windows", "side": config["window"], "count": config["windows"]}
    return {
        "name": weights.name_of(model),
        "scale": method.traits.scale,
        "margin": method.traits.margin,
        "smallest": method.traits.smallest,
        "precision": precision,
        "condition": {} if fixed else {name: list(value.shape) for name, value in given.items()},
        "encoder_input": takes,
        "licence": "unknown" if card is None else card.licence,
        "card": None if card is None else card.model_dump(mode="json"),
    }


def _write(path: Path, content: bytes | str, *, overwrite: bool) -> Path:
    files.make_folder(path.parent)
    files.write_file(path, content, overwrite=overwrite)
    return path


def _converted(graph: bytes, description: Mapping[str, Any], to: Format, *, half: bool) -> tuple[bytes, ...]:
    """Convert a graph to the content of its files."""
    if to == "onnx":
        return (_described(graph, description),)
    try:
        import openvino  # noqa: PLC0415  # an extra
    except ImportError as error:
        text = f"OpenVINO is not installed ({error}): pip install 'blindsr[openvino]'"
        raise BlindSRError(text, Code.MISSING_DEPENDENCY) from None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.xml")
        openvino.save_model(openvino.Core().read_model(graph), path, compress_to_fp16=half)
        return path.read_bytes(), path.with_suffix(".bin").read_bytes()


def _described(graph: bytes, description: Mapping[str, Any]) -> bytes:
    """Add the description to a graph as metadata."""
    import onnx  # noqa: PLC0415  # it was needed to make the graph

    model = onnx.load_from_string(graph)
    onnx.helper.set_model_props(model, {name: json.dumps(value) for name, value in description.items()})
    data: bytes = model.SerializeToString()
    return data


@torch.no_grad()
def _difference(network: Restorer, content: tuple[bytes, ...], precision: Precision, to: Format) -> float:
    """Return the largest difference between the results of a graph and torch, in [0, 1].

    Raises:
        BlindSRError: it exceeds the tolerance.
    """
    session = open_session(content[0], "onnxruntime" if to == "onnx" else "openvino", *content[1:])
    given = {} if network.fixed else dict(zip(network.names, network.tensors, strict=True))
    most = 0.0
    smallest = network.method.traits.smallest
    for height, width in _SIZES:
        lr = comparison_image(max(height, smallest), max(width, smallest))
        inputs = {name: value.numpy() for name, value in {IMAGE: lr, **given}.items()}
        wanted = network(lr, *given.values())
        most = max(most, difference_from_torch(partial(_restored, session, inputs), wanted))
    if not most < _LARGEST_DIFFERENCE[precision]:
        raise BlindSRError(f"the graph differs from torch by {255 * most:.1f} of 255 in {precision}", Code.INCOMPATIBLE)
    return most


def _restored(session: Session, inputs: precisions.Inputs) -> Tensor:
    return torch.from_numpy(session(inputs)[0])


def _examples(
    method: Method[Any], given: Mapping[str, Tensor], folder: Path | None, *, fixed: bool
) -> list[precisions.Inputs]:
    """Return crops of photographs, with their conditions if those are inputs."""
    if folder is None:
        raise BlindSRError(
            "int8 needs photographs for calibration; give a folder with --calibrate", Code.MISSING_OPTION
        )
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in images.formats.READ)[:_CROPS]
    if not found:
        raise BlindSRError(f"no images found in {folder}", Code.NO_IMAGES)
    upscaler = Upscaler(method, device="cpu", precision="fp32")
    examples: list[precisions.Inputs] = []
    for path in found:
        lr = network_input(images.read(path))
        top, left = (max(0, side - _CROP) // 2 for side in lr.shape[-2:])
        crop = lr[..., top : top + _CROP, left : left + _CROP]
        missing = [_CROP - side for side in crop.shape[-2:]]  # the calibration requires images of one size
        crop = F.pad(crop, (0, missing[1], 0, missing[0]), mode="replicate")
        tensors = given if fixed else method.to_tensors(upscaler.condition(lr))
        inputs = {IMAGE: crop, **({} if fixed else tensors)}
        examples.append({name: value.float().contiguous().numpy() for name, value in inputs.items()})
    return examples
