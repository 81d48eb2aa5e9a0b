"""Settings of ``blindsr serve``, validated once."""

import ipaddress
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from blindsr.errors import BlindSRError, Code
from blindsr.files import read_text

_POWERS = {"": 0, "K": 1, "M": 2, "G": 3, "T": 4}
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_SHORTEST_TOKEN = 16


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Options of the server; every field is the option of ``blindsr serve`` of that name."""

    state: Path
    """Private folder for the queue, photographs and results."""
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    """Number of processes that restore."""
    device: str = "auto"
    runtime: Literal["auto", "torch", "onnxruntime", "openvino"] = "auto"
    """Library that runs the networks."""
    engine: Literal["local", "ray"] = "local"
    """Location of the workers: processes of this machine, or replicas on a Ray cluster."""
    address: str | None = None
    """Address of the cluster; only this machine if not given."""
    store: str | None = None
    """Path or URL of a folder that all machines of the cluster can access."""
    token: str | None = None
    """Secret that requests must present."""
    no_auth: bool = False
    """Whether other machines may connect without a token."""
    allow_host: tuple[str, ...] = ()
    """Host names of the server in addition to ``localhost`` and IP addresses."""
    allow_origin: tuple[str, ...] = ()
    """Origins of other sites that may use the API, such as ``https://example.org``."""
    keep: float = 86400.0
    """Seconds that photographs and results are kept."""
    disk: int = 10 * 10**9
    """Disk space for photographs and results, bytes."""
    max_upload: int = 100 * 10**6
    """Maximum size of an uploaded file, bytes."""
    max_megapixels: float = 100.0
    """Maximum size of a photograph, megapixels."""
    queue: int = 100
    """Maximum number of queued jobs."""
    memory: int | None = None
    """Memory limit of a worker, bytes; the available memory if not given."""
    max_time: float = 3600.0
    """Time limit of a job, seconds."""

    def __post_init__(self) -> None:
        """Check that settings are valid and safe.

        Raises:
            BlindSRError: an option is invalid or contradicts another one.
        """
        self._check_access()
        if self.engine == "local" and (self.address or self.store):
            raise BlindSRError("--address and --store need --engine ray", Code.CONFLICTING_OPTIONS)
        if self.address and not self.store:
            raise BlindSRError(
                "--address needs --store, a folder that all machines of the cluster reach", Code.MISSING_OPTION
            )
        for name in ("keep", "max_megapixels", "max_time"):
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) > 0):
                raise BlindSRError(f"expected --{name.replace('_', '-')} to be a positive number")

    def _check_access(self) -> None:
        if self.token is not None and not re.fullmatch(rf"[\x21-\x7e]{{{_SHORTEST_TOKEN},}}", self.token):
            raise BlindSRError(f"expected a token of at least {_SHORTEST_TOKEN} printable ASCII characters, no spaces")
        if not self.loopback and self.token is None and not self.no_auth:
            raise BlindSRError(
                f"{self.host} can be reached from other machines: give --token or --token-file, or --no-auth if "
                "everyone who reaches it may use it",
                Code.MISSING_OPTION,
            )
        for origin in self.allow_origin:
            if not re.fullmatch(r"https?://[^/\s]+", origin):
                raise BlindSRError(f"expected an origin such as https://example.org, got {origin!r}")

    @property
    def loopback(self) -> bool:
        """Whether only this machine can connect."""
        return is_loopback(self.host)

    @property
    def uploads(self) -> Path:
        """Folder of incomplete uploads."""
        return self.state / "uploads"


def is_loopback(host: str) -> bool:
    """Whether an address or name refers to the loopback interface."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def parse_size(text: str) -> int:
    """Parse a size such as ``100MB`` or ``1.5GiB`` to bytes.

    Raises:
        BlindSRError: invalid text.
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT]?)(i?)B?", text.strip(), re.IGNORECASE)
    if match is None or float(match[1]) == 0:
        raise BlindSRError(f"expected a size such as 100MB or 10GB, got {text!r}")
    return int(float(match[1]) * (1024 if match[3] else 1000) ** _POWERS[match[2].upper()])


def parse_duration(text: str) -> float:
    """Parse a duration such as ``90s``, ``30m``, ``24h`` or ``7d`` to seconds.

    Raises:
        BlindSRError: invalid text.
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd])", text.strip())
    if match is None or float(match[1]) == 0:
        raise BlindSRError(f"expected a time such as 30m, 24h or 7d, got {text!r}")
    return float(match[1]) * _UNITS[match[2]]


def read_token(path: Path) -> str:
    """Read a token from a file, without surrounding whitespace.

    Raises:
        BlindSRError: it cannot be read.
    """
    return read_text(path).strip()
