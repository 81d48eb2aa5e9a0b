"""Methods whose restoration network runs in another runtime."""

import hashlib
import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from blindsr import files
from blindsr.contract import Estimate, Hints, Method, Traits, check_image
from blindsr.errors import BlindSRError, Code
from blindsr.runtimes import tune
from blindsr.runtimes.graph import IMAGE, Restorer, comparison_image, difference_from_torch, restoring_graph
from blindsr.runtimes.session import Runtime, Session, open_session
from blindsr.version import __version__

_SIDE = 32
"""Side of the image for example conditions, LR pixels."""
_SIZES = ((12, 17), (27, 20))
"""Heights and widths of the images for the comparison with torch, beyond the smallest side."""
_CLOSE = 1 / 255
"""Tolerance between the results of runtimes."""


class Compiled(Method[Any]):
    """Method that estimates conditions with torch and restores with a graph in another runtime, on the CPU."""

    def __init__(self, method: Method[Any], session: Session) -> None:
        super().__init__()
        self.method, self.config, self.supported_hints = method, method.config, method.supported_hints
        self._session = session

    @property
    def traits(self) -> Traits:
        return self.method.traits

    @property
    def symmetric(self) -> bool:
        return self.method.symmetric

    def condition(self, lr: Tensor, *, generator: torch.Generator, hints: Hints = Hints()) -> Any:
        """Estimate the condition with torch."""
        return self.method.condition(lr, generator=generator, hints=hints)

    def restore(self, lr: Tensor, condition: Any) -> Tensor:
        check_image(lr)
        if min(lr.shape[-2:]) < self.traits.smallest:  # the graph does not pad
            sr: Tensor = self.method.restore(lr, condition)
            return sr
        given = {name: _array(value) for name, value in self.method.to_tensors(condition).items()}
        made = [torch.from_numpy(self._session({IMAGE: _array(one), **given})[0]) for one in lr.split(1)]
        return torch.cat(made)

    def describe(self, condition: Any) -> dict[str, Any]:
        return self.method.describe(condition)

    def estimate(self, condition: Any) -> Estimate | None:
        return self.method.estimate(condition)

    def check_packable(self) -> None:
        self.method.check_packable()

    def pack(self, condition: Any) -> dict[str, Tensor]:
        return self.method.pack(condition)

    def unpack(self, tensors: Mapping[str, Tensor]) -> Any:
        return self.method.unpack(tensors)


def compiled(method: Method[Any], runtime: Runtime, device: str | torch.device = "auto") -> Method[Any]:
    """Wrap a method to run in a runtime; return the method itself for torch, and if it has no network (bicubic).

    Graphs are cached, since tracing takes some time.

    Raises:
        BlindSRError: the runtime is not installed or does not support the device, or the network cannot be exported.
    """
    if runtime not in ("auto", "torch", "onnxruntime", "openvino"):
        raise BlindSRError(
            f"expected the runtime auto, torch, onnxruntime or openvino, got {runtime!r}", Code.INVALID_VALUE
        )
    if next(method.parameters(), None) is None:
        return method
    chosen = tune.fastest(lambda: digest(method), cache()) if runtime == "auto" else runtime
    if chosen == "torch" or (runtime == "auto" and str(device) not in ("auto", "cpu")):
        return method
    if str(device) not in ("auto", "cpu"):
        raise BlindSRError(
            f"the runtime {chosen} supports only the CPU; remove --device {device}",
            Code.CONFLICTING_OPTIONS,
        )
    network = Compiled(method, open_session(cached_graph(method), chosen))
    network.__class__ = type(type(method).__name__, (Compiled,), {})  # error messages name the class
    _check(network)
    return network


def cached_graph(method: Method[Any]) -> bytes:
    """Return the graph of a method's restoration network with the condition as inputs; cached."""
    path = cache() / "graphs" / f"{digest(method)}.onnx"
    try:
        return path.read_bytes()
    except OSError:
        graph = restoring_graph(Restorer(method, example(method)))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        files.write_file(path, graph)
    except (OSError, BlindSRError):  # the graph is traced again next time
        pass
    return graph


@torch.no_grad()
def example(method: Method[Any]) -> dict[str, Tensor]:
    """Return example tensors of a condition."""
    lr = torch.full((1, 3, _SIDE, _SIDE), 0.5, device=next(method.parameters()).device)
    hints = Hints(steps=0) if "steps" in method.supported_hints else Hints()
    return method.to_tensors(method.condition(lr, generator=torch.Generator().manual_seed(0), hints=hints))


def cache() -> Path:
    """Return the cache folder: ``BLINDSR_CACHE``, or ``blindsr`` in the user's cache folder."""
    own = os.environ.get("BLINDSR_CACHE")
    return Path(own) if own else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "blindsr"


def digest(method: Method[Any]) -> str:
    """Return the hash of a network, its weights and this version."""
    found = hashlib.sha256(f"{__version__} {torch.__version__} {type(method).__name__} {method.config!r}".encode())
    for name, value in sorted(method.state_dict().items()):
        found.update(name.encode())
        found.update(value.detach().cpu().contiguous().numpy().tobytes())
    return found.hexdigest()[:32]


@torch.no_grad()
def _check(network: Compiled) -> None:
    """Check that the results of a runtime equal those of torch, at sizes other than that of the traced image."""
    hints = Hints(steps=0) if "steps" in network.supported_hints else Hints()
    for height, width in _SIZES:
        lr = comparison_image(network.traits.smallest + height, network.traits.smallest + width)
        condition = network.condition(lr, generator=torch.Generator().manual_seed(0), hints=hints)
        wanted = network.method.restore(lr, condition)
        apart = difference_from_torch(partial(network.restore, lr, condition), wanted)
        if not apart < _CLOSE:
            raise BlindSRError(
                f"the result of this runtime differs from that of torch by {255 * apart:.1f} of 255; use torch",
                Code.IMPLAUSIBLE_RESULT,
            )


def _array(tensor: Tensor) -> np.ndarray[Any, np.dtype[np.float32]]:
    return tensor.detach().cpu().float().contiguous().numpy()
