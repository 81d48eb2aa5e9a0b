"""Graphs with reduced precision: float16, and int8 by static quantisation."""

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from blindsr.errors import BlindSRError, Code

Precision = Literal["fp32", "fp16", "int8"]
Inputs = Mapping[str, NDArray[np.float32]]


def to_float16(graph: bytes) -> bytes:
    """Convert weights and features of a graph to float16; images stay float32.

    Raises:
        BlindSRError: a package is missing.
    """
    try:
        import onnx  # noqa: PLC0415  # an extra
        from onnxruntime.transformers.float16 import convert_float_to_float16  # noqa: PLC0415
    except ImportError as error:
        raise _missing(error) from None
    model = convert_float_to_float16(onnx.load_from_string(graph), keep_io_types=True, disable_shape_infer=True)
    data: bytes = model.SerializeToString()
    return data


def to_int8(graph: bytes, examples: list[Inputs]) -> bytes:
    """Quantise the convolutions of a graph to int8, except the first and last ones.

    Args:
        graph: in float32.
        examples: inputs of the graph for calibrating feature ranges.

    Raises:
        BlindSRError: a package is missing.
    """
    try:
        import onnx  # noqa: PLC0415  # an extra
        from onnxruntime import quantization  # noqa: PLC0415
    except ImportError as error:
        raise _missing(error) from None
    convolutions = [node.name for node in onnx.load_from_string(graph).graph.node if node.op_type == "Conv"]
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "source.onnx"), Path(folder, "target.onnx")
        source.write_bytes(graph)
        quantization.quantize_static(
            source,
            target,
            _Examples(examples),
            op_types_to_quantize=["Conv"],
            nodes_to_exclude=[convolutions[0], convolutions[-1]],
            per_channel=True,
            weight_type=quantization.QuantType.QInt8,
            activation_type=quantization.QuantType.QUInt8,
            calibrate_method=quantization.CalibrationMethod.Percentile,
            extra_options={"CalibPercentile": 99.99},
        )
        return target.read_bytes()


class _Examples:
    """Calibration data reader."""

    def __init__(self, examples: list[Inputs]) -> None:
        self._left: Iterator[Inputs] = iter(examples)

    def get_next(self) -> dict[str, Any] | None:
        """Return the next inputs; None after the last."""
        found = next(self._left, None)
        return None if found is None else dict(found)


def _missing(error: ImportError) -> BlindSRError:
    text = f"less precision needs the extra onnx ({error}): pip install 'blindsr[onnx]'"
    return BlindSRError(text, Code.MISSING_DEPENDENCY)
