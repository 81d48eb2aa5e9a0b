"""What the server takes and how fast it answers: ``python benchmarks/server.py``.

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
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from PIL import Image


def photograph(width: int, height: int) -> bytes:
    """A smooth image with noise, as JPEG."""
    generator = np.random.default_rng(0)
    smooth = Image.fromarray(generator.integers(0, 256, (24, 32, 3), dtype=np.uint8)).resize((width, height))
    noisy = np.asarray(smooth) + generator.normal(0, 4, (height, width, 1))
    buffer = io.BytesIO()
    Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def timed(what: str, ask: Any) -> httpx.Response:
    """An answer, and a line that says how long it took."""
    begin = time.perf_counter()
    answer: httpx.Response = ask()
    print(f"{what}: {time.perf_counter() - begin:.2f} s, status {answer.status_code}")
    return answer


def one_photograph(client: httpx.Client) -> None:
    """The way of a large photograph through the page."""
    files = {"file": ("large.jpg", photograph(4000, 3000))}
    photo = timed("upload of 12 megapixels", lambda: client.post("/v1/photos", files=files)).json()["id"]
    timed("preview image", lambda: client.get(f"/v1/photos/{photo}/preview?side=512"))
    timed("card", lambda: client.get(f"/v1/photos/{photo}/analysis"))
    regions(client, photo, "")
    job = client.post("/v1/jobs", json={"photo": photo}).json()["id"]
    while client.get(f"/v1/jobs/{job}").json()["progress"] == 0:
        time.sleep(0.1)
    regions(client, photo, " beside a job")
    client.delete(f"/v1/jobs/{job}")


def regions(client: httpx.Client, photo: str, when: str) -> None:
    """Previews of regions, one after the other."""
    for number in range(3):
        asked = {"photo": photo, "region": [1000 + 50 * number, 1000, 256, 256]}
        what = f"region of 256x256{when}, number {number + 1}"
        timed(what, lambda asked=asked: client.post("/v1/preview", json=asked))


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


def many(client: httpx.Client, clients: int) -> None:
    """Many clients at once."""
    data, stop, url = photograph(320, 240), list[bool](), str(client.base_url)
    begin = time.perf_counter()
    with ThreadPoolExecutor(clients + 1) as threads:
        health = threads.submit(asked_for_health, url, stop)
        loads = [threads.submit(load, url, data, number) for number in range(clients)]
        statuses = sum((one.result() for one in loads), Counter[int]())
        states = Counter(one["state"] for one in client.get("/v1/jobs").json()["jobs"])
        while states["queued"] + states["running"]:
            time.sleep(0.5)
            states = Counter(one["state"] for one in client.get("/v1/jobs").json()["jobs"])
        stop.append(True)
        times = health.result()
    print(f"{clients} clients x 4 photographs: {time.perf_counter() - begin:.1f} s, {dict(statuses)}, {dict(states)}")
    percentiles = ", ".join(f"p{part} {1000 * times[int(len(times) * part / 100)]:.0f} ms" for part in (50, 90, 99))
    print(f"/healthz: {percentiles}, most {1000 * times[-1]:.0f} ms of {len(times)}")


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--queue", type=int, default=40)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as state:
        command = [sys.executable, "-m", "blindsr", "serve", "--port", "0", "--state", state]
        begin = time.perf_counter()
        server = [*command, "--queue", str(options.queue)]
        with subprocess.Popen(server, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
            assert process.stdout is not None
            with httpx.Client(base_url=process.stdout.readline().split()[0], timeout=300) as client:
                try:
                    client.get("/healthz").raise_for_status()
                    print(f"first answer after {time.perf_counter() - begin:.1f} s")
                    while client.get("/readyz").status_code != 200:
                        time.sleep(0.1)
                    print(f"ready after {time.perf_counter() - begin:.1f} s")
                    one_photograph(client)
                    many(client, options.clients)
                    print(f"memory of the server at most: {memory(process.pid):.0f} MB")
                finally:
                    process.terminate()


if __name__ == "__main__":
    main()
