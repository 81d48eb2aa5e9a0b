"""Inference sessions of ONNX Runtime and OpenVINO."""

import os
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any, Literal, Protocol, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray

from blindsr.errors import BlindSRError, Code

Runtime = Literal["auto", "torch", "onnxruntime", "openvino"]
"""Library that runs a network; ``auto`` is the fastest measured on this machine, else torch."""
OTHERS: tuple[Runtime, ...] = ("onnxruntime", "openvino")
"""Runtimes other than torch."""
_EXTRAS = {"onnxruntime": "onnx", "openvino": "openvino"}
Arrays: TypeAlias = Mapping[str, NDArray[np.float32]]


class Session(Protocol):
    """Loaded graph; thread-safe."""

    def __call__(self, inputs: Arrays) -> list[NDArray[np.float32]]:
        """Compute all results from named inputs."""
        ...


def installed(runtime: Runtime) -> bool:
    """Whether a runtime and its export libraries are installed."""
    return all(find_spec(name) is not None for name in (runtime, "onnx"))


def open_session(graph: bytes, runtime: str, constants: bytes = b"") -> Session:
    """Load a graph.

    Args:
        graph: ONNX graph, or OpenVINO IR.
        runtime: the runtime.
        constants: weights of an OpenVINO IR.

    Raises:
        BlindSRError: the runtime is not installed, or does not support the graph.
    """
    try:
        return _OpenVino(graph, constants) if runtime == "openvino" else _OnnxRuntime(graph, constants)
    except ImportError as error:
        raise BlindSRError(
            f"the runtime {runtime} is not installed ({error}): pip install 'blindsr[{_EXTRAS[runtime]}]'",
            Code.MISSING_DEPENDENCY,
        ) from None
    except RuntimeError as error:
        reason = (str(error).strip().splitlines() or ["no reason given"])[0]
        raise BlindSRError(f"{runtime} does not support this graph: {reason}", Code.INCOMPATIBLE) from None


class _OnnxRuntime:
    def __init__(self, graph: bytes, _constants: bytes) -> None:
        import onnxruntime  # noqa: PLC0415  # an extra

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # its exceptions have no common base class
            raise RuntimeError(str(error)) from None

    def __call__(self, inputs: Arrays) -> list[NDArray[np.float32]]:
        results: list[NDArray[np.float32]] = self._session.run(None, dict(inputs))
        return results


class _OpenVino:
    def __init__(self, graph: bytes, constants: bytes) -> None:
        os.environ.setdefault("OPENVINO_TELEMETRY_OPT_OUT", "1")
        import openvino  # noqa: PLC0415  # an extra

        core = openvino.Core()
        model = core.read_model(graph, constants) if constants else core.read_model(graph)
        # float32 on every machine
        config: dict[str, Any] = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": torch.get_num_threads()}
        self._model = core.compile_model(model, "CPU", config)

    def __call__(self, inputs: Arrays) -> list[NDArray[np.float32]]:
        request = self._model.create_infer_request()
        request.infer(dict(inputs))
        return [np.array(request.get_output_tensor(index).data) for index in range(len(self._model.outputs))]
