"""A real server with real workers, started as a user starts it."""

import asyncio
import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image


@dataclass
class Served:
    """A server that runs."""

    process: subprocess.Popen[str]
    state: Path
    first_line: str
    client: httpx.Client
    log: Path

    @property
    def url(self) -> str:
        return str(self.client.base_url)

    def upload(self, data: bytes, name: str = "photo.png") -> dict[str, Any]:
        answer = self.client.post("/v1/photos", files={"file": (name, data)})
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def job(self, photo: str, **options: Any) -> dict[str, Any]:
        answer = self.client.post("/v1/jobs", json={"photo": photo, "options": options})
        assert answer.status_code == 202, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def over(self, identity: str, seconds: float = 120) -> dict[str, Any]:
        """A job once it is over."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found: dict[str, Any] = self.client.get(f"/v1/jobs/{identity}").json()
            if found["state"] in ("done", "failed", "cancelled"):
                return found
            time.sleep(0.1)
        raise AssertionError(f"job {identity} is not over after {seconds} s")

    def memory(self) -> int:
        """Bytes that the server process holds."""
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return 1024 * int(next(line.split()[1] for line in text.splitlines() if line.startswith("VmRSS")))

    def workers(self) -> list[int]:
        """Processes that the server has started."""
        return [
            int(one) for one in Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        ]

    def restoring_worker(self) -> int | None:
        """The process that restores, which is the only one with less priority; None while it is not there."""
        for one in self.workers():
            with suppress(OSError):  # it has ended meanwhile
                if "--nice" in Path(f"/proc/{one}/cmdline").read_text().split("\0"):
                    return one
        return None

    def kill(self, number: int = signal.SIGKILL) -> None:
        self.process.send_signal(number)
        self.process.wait(30)


Serve = Callable[..., Served]


@pytest.fixture(scope="session")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """Start servers, which are ended at the end."""
    with ExitStack() as stack:
        yield lambda *options, state=None: _started(stack, state or tmp_path_factory.mktemp("state"), options)


def _started(stack: ExitStack, state: Path, options: tuple[str, ...]) -> Served:
    log = state.with_name(f"{state.name}.log")
    errors = stack.enter_context(log.open("a"))
    command = [sys.executable, "-m", "blindsr", "serve", "--port", "0", "--state", str(state), *options]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment)
    stack.callback(_end, process)
    assert process.stdout is not None
    line = process.stdout.readline()
    address = line.split()[0].split("/?")[0] if line else "http://127.0.0.1:1"
    client = stack.enter_context(httpx.Client(base_url=address, timeout=120))
    served = Served(process, state, line, client, log)
    _wait_for(served)
    return served


def _wait_for(served: Served) -> None:
    for _ in range(3000):
        try:
            if served.client.get("/readyz").status_code == 200:
                return
        except httpx.TransportError:
            assert served.process.poll() is None, served.log.read_text()
        time.sleep(0.1)
    raise AssertionError(served.log.read_text())


def _end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.wait()
    assert process.stdout is not None
    process.stdout.close()


@pytest.fixture(scope="session")
def served(serving: Serve) -> Served:
    """A server with the usual options, for all tests that do no harm to it."""
    return serving()


def encoded(width: int = 48, height: int = 40, seed: int = 0, kind: str = "PNG", **options: Any) -> bytes:
    """A photograph's file: smooth, with some noise."""
    generator = np.random.default_rng(seed)
    smooth = Image.fromarray(generator.integers(0, 256, (6, 8, 3), dtype=np.uint8)).resize(
        (width, height), Image.Resampling.BICUBIC
    )
    noisy = np.asarray(smooth).astype(float) + generator.normal(0, 4, (height, width, 3))
    buffer = io.BytesIO()
    Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(buffer, kind, **options)
    return buffer.getvalue()


class Local:
    """Asks an application without a server."""

    def __init__(self, app: Any) -> None:
        self._app = app

    def request(self, method: str, path: str, **values: Any) -> httpx.Response:
        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self._app)
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
                return await client.request(method, path, **values)

        return asyncio.run(send())

    def get(self, path: str, **values: Any) -> httpx.Response:
        return self.request("GET", path, **values)


@pytest.fixture(scope="session")
def local() -> type[Local]:
    """Asks an application without a server."""
    return Local


@pytest.fixture(scope="session")
def photograph() -> Callable[..., bytes]:
    """Makes photographs' files."""
    return encoded
