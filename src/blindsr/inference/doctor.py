"""Check of the installation: versions, devices and every model of the package."""

import platform
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import partial
from importlib.metadata import version
from typing import Any

import torch

from blindsr import weights
from blindsr.devices import accelerators, computes_bf16
from blindsr.errors import BlindSRError
from blindsr.inference.named import load_method
from blindsr.inference.upscaler import Upscaler
from blindsr.runtimes import session, tune
from blindsr.runtimes.compiled import cache, compiled, digest
from blindsr.version import __version__
from blindsr.weights import known

_PACKAGES = ("torch", "numpy", "pillow", "pyvips", "safetensors")
_SIDE, _WARM = 128, 32
"""Sides of the images for measuring speed and for warming up, LR pixels."""
_CLOSE = 2e-3
"""Tolerance between float32 results of different machines."""


@dataclass(frozen=True)
class Check:
    """Result of the check of a model."""

    name: str
    sum: bool | None
    """Whether the file equals the published one; None if no published sum is known."""
    result: bool | None
    """Whether its network gives the expected result for a test image."""
    megapixels_per_second: float
    """Speed in megapixels of the result per second, on an image of 128x128 pixels."""

    @property
    def healthy(self) -> bool:
        return self.sum is not False and self.result is not False


@dataclass(frozen=True)
class Report:
    """Results of the checks."""

    versions: dict[str, str]
    devices: list[str]
    checks: list[Check]

    @property
    def healthy(self) -> bool:
        return all(check.healthy for check in self.checks)

    def to_dict(self) -> dict[str, Any]:
        """Convert to values for JSON."""
        return {**asdict(self), "healthy": self.healthy}


def examine(device: str = "auto") -> Report:
    """Run all checks; takes some seconds per model.

    Args:
        device: device for measuring speed; "auto" is the default of `Upscaler`.
    """
    names = {"python": platform.python_version(), "system": platform.platform(), "blindsr": __version__}
    versions = {**names, **{package: version(package) for package in _PACKAGES}}
    return Report(versions, _devices(), [_check(name, device) for name in weights.available()])


def measure_runtimes() -> Iterator[tuple[str, dict[str, float]]]:
    """Measure every model in every installed runtime, and store the times for ``--runtime auto``.

    Yields:
        Name of a model, and seconds for an image by runtime.

    Raises:
        BlindSRError: the user's cache cannot be written.
    """
    lr = torch.rand(1, 3, _SIDE, _SIDE, generator=torch.Generator().manual_seed(0))
    for name, path in (weights.in_folder() | weights.available()).items():
        method, times = load_method(path), dict[str, float]()
        for runtime in ("torch", *filter(session.installed, session.OTHERS)):
            try:
                upscaler = Upscaler(compiled(load_method(path), runtime, "cpu"), device="cpu")
            except BlindSRError:  # the runtime does not support this network
                continue
            condition = upscaler.condition(lr)
            times[runtime] = round(tune.seconds(partial(upscaler.restore, lr, condition)), 4)
        tune.store_times(digest(method), times, cache())
        yield name, times


def _devices() -> list[str]:
    cpu = torch.device("cpu")
    bf16 = "bf16" if computes_bf16(cpu) else "no bf16"
    found = [f"cpu: {torch.get_num_threads()} threads, {torch.backends.cpu.get_cpu_capability()}, {bf16}"]
    for device in map(torch.device, accelerators()):
        bf16 = "bf16" if computes_bf16(device) else "no bf16"
        properties: Any = None
        if device.type in ("cuda", "xpu"):  # MPS does not report device properties
            properties = torch.get_device_module(device).get_device_properties(device)
        shown = "" if properties is None else f" {properties.name}, {properties.total_memory / 2**30:.0f} GiB,"
        found.append(f"{device}:{shown} {bf16}")
    return found


def _check(name: str, device: str) -> Check:
    try:
        loaded = weights.load_weights(name)
    except BlindSRError:  # corrupt or of another version; check the others
        return Check(name, sum=False, result=False, megapixels_per_second=0.0)
    entry = known.read_known(loaded.path.parent).get(name)
    same = right = None
    if entry is not None:
        same = known.digest(loaded.path) == entry["sha256"]
        pairs = zip(known.fingerprint(loaded.method), entry["result"], strict=True)
        right = all(abs(a - b) < _CLOSE for a, b in pairs)
    upscaler = Upscaler(loaded.method, device=device)
    lr = torch.rand(1, 3, _SIDE, _SIDE, generator=torch.Generator().manual_seed(0))
    upscaler(lr[..., :_WARM, :_WARM])
    begin = time.perf_counter()
    result = upscaler(lr)
    seconds = time.perf_counter() - begin
    return Check(name, same, right, round(result[0, 0].numel() / 1e6 / seconds, 4))
