"""How much the server takes and how fast it responds: ``python benchmarks/server.py [--csv server.csv]``.

Starts ``blindsr serve``, measures the card and the preview of a photograph of 12 megapixels, then lets clients send
photographs at once while ``/healthz`` is asked for again and again.
"""

import argparse
import io
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np
from PIL import Image
from table import Row, show  # stands beside this file

from blindsr.benchmark.timing import hardware


def photograph(width: int, height: int) -> bytes:
    """A smooth image with noise, as JPEG."""
    generator = np.random.default_rng(0)
    smooth = Image.fromarray(generator.integers(0, 256, (24, 32, 3), dtype=np.uint8)).resize((width, height))
    noisy = np.asarray(smooth) + generator.normal(0, 4, (height, width, 1))
    buffer = io.BytesIO()
    Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def timed(ask: Callable[[], httpx.Response]) -> tuple[float, httpx.Response]:
    """Seconds until the response, and the response."""
    begin = time.perf_counter()
    answer = ask().raise_for_status()
    return time.perf_counter() - begin, answer


def one_photograph(client: httpx.Client) -> list[Row]:
    """Measure what the page asks for a large photograph."""
    files = {"file": ("large.jpg", photograph(4000, 3000))}
    upload, answer = timed(lambda: client.post("/v1/photos", files=files))
    photo = answer.json()["id"]
    preview, _ = timed(lambda: client.get(f"/v1/photos/{photo}/preview?side=512"))
    card, _ = timed(lambda: client.get(f"/v1/photos/{photo}/analysis"))
    alone = regions(client, photo)
    job = client.post("/v1/jobs", json={"photo": photo}).json()["id"]
    while client.get(f"/v1/jobs/{job}").json()["progress"] == 0:
        time.sleep(0.1)
    beside = regions(client, photo)
    client.delete(f"/v1/jobs/{job}")
    return [
        ("upload of a photograph of 12 megapixels", f"{upload:.2f} s"),
        ("its thumbnail", f"{preview:.2f} s"),
        ("its analysis", f"{card:.2f} s"),
        ("preview of 256x256 pixels of it, the first one and further ones", alone),
        ("the same while the photograph is restored", beside),
    ]


def regions(client: httpx.Client, photo: str) -> str:
    """Measure previews of regions, one after the other."""
    seconds = []
    for number in range(3):
        asked = {"photo": photo, "region": [1000 + 50 * number, 1000, 256, 256]}
        seconds.append(timed(lambda asked=asked: client.post("/v1/preview", json=asked))[0])  # type: ignore[misc]
    return f"{seconds[0]:.2f} s, {max(seconds[1:]):.2f} s"


def load(url: str, data: bytes, number: int) -> Counter[int]:
    """Statuses that a client gets which sends 4 photographs and repeats those that were refused."""
    statuses: Counter[int] = Counter()
    with httpx.Client(base_url=url, timeout=300) as client:
        for photo in range(4):
            status = 429
            while status == 429:
                files, fields = {"file": ("a.jpg", data)}, {"options": '{"model": "bicubic"}'}
                headers = {"Idempotency-Key": f"{number}-{photo}"}
                status = client.post("/v1/jobs", files=files, data=fields, headers=headers).status_code
                statuses[status] += 1
                time.sleep(1 if status == 429 else 0)
    return statuses


def asked_for_health(url: str, stop: list[bool]) -> list[float]:
    """Times of answers of ``/healthz``."""
    times = []
    with httpx.Client(base_url=url, timeout=60) as client:
        while not stop:
            begin = time.perf_counter()
            client.get("/healthz").raise_for_status()
            times.append(time.perf_counter() - begin)
            time.sleep(0.02)
    return sorted(times)


def memory(process: int) -> float:
    """Megabytes that a process has held at most."""
    text = Path(f"/proc/{process}/status").read_text()
    return int(next(line.split()[1] for line in text.splitlines() if line.startswith("VmHWM"))) / 1000


def many(client: httpx.Client, clients: int, queue: int) -> list[Row]:
    """Measure many clients at once."""
    data, stop, url = photograph(320, 240), list[bool](), str(client.base_url)
    before = len(client.get("/v1/jobs").json()["jobs"])
    with ThreadPoolExecutor(clients + 1) as threads:
        health = threads.submit(asked_for_health, url, stop)
        loads = [threads.submit(load, url, data, number) for number in range(clients)]
        statuses = sum((one.result() for one in loads), Counter[int]())
        states: Counter[str] = Counter(queued=1)
        while states["queued"] + states["running"]:
            time.sleep(0.5)
            states = Counter(one["state"] for one in client.get("/v1/jobs").json()["jobs"][before:])
        stop.append(True)
        times = health.result()
    middle, late = (f"{1000 * times[int(len(times) * part)]:.0f} ms" for part in (0.5, 0.99))
    sent = f"{clients} clients that send 4 photographs each, with a queue of {queue}"
    return [
        (sent, f"{states['done']} of {4 * clients} done, after {statuses[429]} refusals with 429"),
        ("response time of `/healthz` meanwhile, 50th and 99th percentile", f"{middle}, {late}"),
    ]


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--queue", type=int, default=40)
    parser.add_argument("--csv", type=Path, help="write the table")
    options = parser.parse_args()
    rows: list[Row] = [(hardware(), "measured")]
    with tempfile.TemporaryDirectory() as state:
        command = [sys.executable, "-m", "blindsr", "serve", "--port", "0", "--state", state]
        begin = time.perf_counter()
        server = [*command, "--queue", str(options.queue)]
        with subprocess.Popen(server, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
            assert process.stdout is not None
            with httpx.Client(base_url=process.stdout.readline().split()[0], timeout=300) as client:
                try:
                    while client.get("/readyz").status_code != 200:
                        time.sleep(0.1)
                    rows.append(("time until it is ready", f"{time.perf_counter() - begin:.1f} s"))
                    rows += one_photograph(client)
                    rows += many(client, options.clients, options.queue)
                    rows.append(("peak memory of the server, without its workers", f"{memory(process.pid):.0f} MB"))
                finally:
                    process.terminate()
    show(rows, options.csv)


if __name__ == "__main__":
    main()
