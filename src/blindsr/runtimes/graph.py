"""Export of methods to ONNX graphs, with dynamic image sizes."""

import copy
import io
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from blindsr.contract import Method
from blindsr.errors import BlindSRError, Code
from blindsr.nn.subpixel import FoldedUpsampler, Upsampler

OPSET = 18
"""ONNX opset; supported by runtimes since 2023."""
IMAGE, RESULT = "lr", "sr"
"""Names of the image and of the result."""
ENCODER_INPUT = "encoder_input"
"""Name of the input of the network that estimates conditions."""
_SIDES = (23, 31)
"""Sides of the image for tracing."""


class Restorer(nn.Module):
    """Restoration network as a module: maps an image ``(1, 3, h, w)`` and the tensors of a condition to a result."""

    def __init__(self, method: Method[Any], tensors: Mapping[str, Tensor], *, fixed: bool = False) -> None:
        super().__init__()
        self.method, self.names, self.fixed = _folded(method), tuple(tensors), fixed
        for index, tensor in enumerate(tensors.values()):
            self.register_buffer(f"condition_{index}", tensor.detach().cpu().float(), persistent=False)

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """Tensors of the example condition."""
        return tuple(self.get_buffer(f"condition_{index}") for index in range(len(self.names)))

    def forward(self, lr: Tensor, *tensors: Tensor) -> Tensor:
        given = self.tensors if self.fixed else tensors
        condition = self.method.from_tensors(dict(zip(self.names, given, strict=True)))
        return self.method.restore(lr, condition)


class Encoder(nn.Module):
    """Condition network as a module: maps its input to the tensors of a condition."""

    def __init__(self, method: Method[Any], names: Sequence[str]) -> None:
        super().__init__()
        self.method, self.names = _folded(method), tuple(names)

    def forward(self, encoder_input: Tensor) -> tuple[Tensor, ...]:
        found = self.method.encode(encoder_input)
        return tuple(found[name] for name in self.names)


def restoring_graph(network: Restorer) -> bytes:
    """Trace a restoration network with dynamic height and width.

    Raises:
        BlindSRError: a package is missing, or ONNX lacks an operator.
    """
    tensors, names = ((), ()) if network.fixed else (network.tensors, network.names)
    free = {IMAGE: {2: "height", 3: "width"}, RESULT: {2: "large height", 3: "large width"}}
    return _to_onnx(network, (torch.zeros(1, 3, *_SIDES), *tensors), (IMAGE, *names), (RESULT,), free)


def encoder_graph(network: Encoder, encoder_input: Tensor) -> bytes:
    """Trace a condition network; number and size of windows are dynamic, those of patches are fixed.

    Raises:
        BlindSRError: as `restoring_graph`.
    """
    windows = encoder_input.ndim == 4
    example = torch.zeros(2, 3, *_SIDES) if windows else torch.zeros_like(encoder_input)
    free = {ENCODER_INPUT: {0: "count", 2: "height", 3: "width"}} if windows else {}
    return _to_onnx(network, (example,), (ENCODER_INPUT,), network.names, free)


def comparison_image(height: int, width: int) -> Tensor:
    """Create a deterministic image ``(1, 3, height, width)`` of waves and weak noise, for comparing runtimes.

    For white noise, networks return values of several hundred, whose rounding errors alone exceed a level.
    """
    rows, columns = torch.arange(height, dtype=torch.float32)[:, None], torch.arange(width, dtype=torch.float32)
    waves = torch.stack([(rows * f).sin() * (columns * (0.9 - f)).cos() for f in (0.2, 0.35, 0.5)])
    noise = torch.randn(waves.shape, generator=torch.Generator().manual_seed(0))
    return (0.5 + 0.4 * waves + 0.02 * noise).clamp(0, 1)[None]


def difference_from_torch(restore: Callable[[], Tensor], wanted: Tensor) -> float:
    """Return the largest difference between the result of another runtime and that of torch.

    Args:
        restore: restores the image in the other runtime.
        wanted: the result in torch.

    Raises:
        BlindSRError: the other runtime fails or returns another size, since its graph is of one size.
    """
    try:
        made = restore()
    except Exception as error:  # each runtime has its own exceptions
        raise _of_one_size(str(error).strip().partition("\n")[0]) from None
    if made.shape != wanted.shape:
        raise _of_one_size(
            f"a result of {made.shape[3]}x{made.shape[2]} instead of {wanted.shape[3]}x{wanted.shape[2]}"
        )
    return float((made - wanted).abs().max())


def _of_one_size(reason: str) -> BlindSRError:
    text = f"this network does not take images of any size in this runtime, only in torch ({reason})"
    return BlindSRError(text, Code.INCOMPATIBLE)


def _to_onnx(
    network: nn.Module,
    example: tuple[Tensor, ...],
    inputs: Sequence[str],
    outputs: Sequence[str],
    free: Mapping[str, Mapping[int, str]],
) -> bytes:
    try:
        import onnx  # noqa: F401, PLC0415  # an extra
    except ImportError as error:
        raise BlindSRError(
            f"exporting graphs requires additional libraries ({error}): pip install 'blindsr[onnx]'",
            Code.MISSING_DEPENDENCY,
        ) from None
    file = io.BytesIO()
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            # Tracing: torch.export takes a hundred times as long for equivalent graphs
            torch.onnx.export(
                network.eval(),
                example,
                file,  # type: ignore[arg-type]  # torch names paths alone
                dynamo=False,
                input_names=list(inputs),
                output_names=list(outputs),
                opset_version=OPSET,
                dynamic_axes=free,
            )
    except (RuntimeError, NotImplementedError, ValueError, TypeError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise BlindSRError(f"this network cannot be exported to ONNX: {reason}", Code.UNSUPPORTED_OPTION) from error
    return file.getvalue()


def _folded(method: Method[Any]) -> Method[Any]:
    """Copy a method to the CPU and fold its upsamplers into single convolutions."""
    method = copy.deepcopy(method).to("cpu", torch.float32).eval()
    for name, module in list(method.named_modules()):
        if isinstance(module, Upsampler):
            owner, _, leaf = name.rpartition(".")
            setattr(method.get_submodule(owner), leaf, FoldedUpsampler(module))
    return method.requires_grad_(requires_grad=False)
