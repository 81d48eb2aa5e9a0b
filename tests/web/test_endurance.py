"""What a server has to stand for hours, in short; the long versions are marked slow."""

import os
import random
import signal
import socket
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

Photograph = Callable[..., bytes]
QUICK = {"model": "bicubic"}
_FILE = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'
_OPTIONS = b'\r\n--x\r\nContent-Disposition: form-data; name="options"\r\n\r\n{"model": "bicubic"}\r\n--x--\r\n'
_TOKENS = (b"\r\n", b"--x", b"--x--", b"\0", b'"', b"; filename*=utf-8''%ff", b"\xff" * 9)
_HEAD = "POST {} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n"


def mutated(body: bytes, generator: random.Random) -> bytes:
    """A body with some bytes changed, removed, repeated or put elsewhere."""
    changed = bytearray(body)
    for _ in range(generator.randint(1, 6)):
        if not changed:
            break
        at, length = generator.randrange(len(changed)), generator.choice((1, 2, 7, 30, 300))
        kind = generator.randrange(5)
        if kind == 0:
            changed[at : at + length] = generator.randbytes(length)
        elif kind == 1 and len(changed) > 400:
            del changed[at : at + length]
        elif kind == 2:
            changed[at:at] = changed[at : at + length]
        elif kind == 3:
            changed[at:at] = generator.choice(_TOKENS)
        elif len(changed) > 400:
            del changed[at:]
    return bytes(changed)


def typed(generator: random.Random) -> str:
    kinds = ["multipart/form-data; boundary=x"] * 9
    kinds += [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=x; charset=nothing",
    ]
    return generator.choice(kinds)


@pytest.mark.parametrize("count", [300, pytest.param(10_000, marks=pytest.mark.slow)])
def test_fuzzed_bodies_crash_and_leave_nothing(served: Any, photograph: Photograph, count: int) -> None:
    generator = random.Random(count)
    parts = [
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n'
        + photograph(8, 8)
        + b"\r\n",
        b'--x\r\nContent-Disposition: form-data; name="options"\r\n\r\n{"model": "bicubic"}\r\n',
        b'--x\r\nContent-Disposition: form-data; name="region"\r\n\r\n[0, 0, 4, 4]\r\n',
    ]
    body = b"".join(parts) + b"--x--\r\n"
    before, memory, processes = len(served.client.get("/v1/jobs").json()["jobs"]), served.memory(), served.workers()
    statuses: Counter[int] = Counter()
    with httpx.Client(base_url=served.url, timeout=60) as client:
        for _ in range(count):
            path = generator.choice(("/v1/photos", "/v1/analyze", "/v1/preview", "/v1/jobs"))
            answer = client.post(path, content=mutated(body, generator), headers={"content-type": typed(generator)})
            statuses[answer.status_code] += 1
            if answer.status_code == 201:
                client.delete(f"/v1/photos/{answer.json()['id']}")
            if answer.status_code >= 400:
                assert answer.json()["detail"]
    assert set(statuses) <= {200, 201, 202, 400, 413, 415, 422}, statuses
    assert statuses[422] + statuses[400] > count / 3
    assert served.workers() == processes
    assert "Traceback" not in served.log.read_text()
    assert served.memory() < memory + 50e6
    for one in served.client.get("/v1/jobs").json()["jobs"][before:]:
        served.over(one["id"])
    assert not list((served.state / "uploads").iterdir())


def restored(url: str, data: bytes, number: int, kind: str) -> list[int]:
    """What one client gets for 4 photographs, one after the other; refused ones are asked for again."""
    statuses: list[int] = []
    if kind == "vanishing":
        vanish(url, data)
        return statuses
    body = _FILE + data + _OPTIONS
    with httpx.Client(base_url=url, timeout=120) as client:
        for photo in range(4):
            headers = {"Idempotency-Key": f"{number}-{photo}", "content-type": "multipart/form-data; boundary=x"}
            headers["content-length"] = str(len(body))
            while not statuses or statuses[-1] == 429 or len([one for one in statuses if one != 429]) <= photo:
                content = slowly(body) if kind == "slow" else body
                answer = client.post("/v1/jobs", content=content, headers=headers)
                statuses.append(answer.status_code)
                time.sleep(min(2, int(answer.headers.get("retry-after", 0))))
    return statuses


def slowly(data: bytes) -> Any:
    for start in range(0, len(data), 2000):
        time.sleep(0.05)
        yield data[start : start + 2000]


def vanish(url: str, data: bytes) -> None:
    """Leave in the middle of an upload."""
    host, port = url.removeprefix("http://").rstrip("/").split(":")
    with socket.create_connection((host, int(port))) as one:
        head = _HEAD.format("/v1/jobs", "multipart/form-data; boundary=x", 10**6).encode()
        one.sendall(head + _FILE + data)


def pinged(url: str, stop: list[bool]) -> list[float]:
    times = []
    with httpx.Client(base_url=url, timeout=60) as client:
        while not stop:
            begin = time.perf_counter()
            assert client.get("/healthz").status_code == 200
            times.append(time.perf_counter() - begin)
            time.sleep(0.05)
    return times


@pytest.mark.parametrize("count", [20, pytest.param(100, marks=pytest.mark.slow)])
def test_many_clients_some_slow_some_vanishing(serving: Any, photograph: Photograph, count: int) -> None:
    server = serving("--queue", str(count))
    data, stop = photograph(64, 64), list[bool]()
    kinds = ["slow"] * (count // 5) + ["vanishing"] * (count // 10)
    kinds += ["quick"] * (count - len(kinds))
    with ThreadPoolExecutor(count + 1) as threads:
        health = threads.submit(pinged, server.url, stop)
        clients = [threads.submit(restored, server.url, data, number, kind) for number, kind in enumerate(kinds)]
        statuses = Counter(status for client in clients for status in client.result())
        stop.append(True)
        assert health.result()
    expected = 4 * (count - kinds.count("vanishing"))
    assert statuses[202] == expected
    assert set(statuses) <= {202, 429}
    jobs = server.client.get("/v1/jobs").json()["jobs"]
    assert len(jobs) == expected
    ended = [server.over(one["id"], 900) for one in jobs]
    assert {one["state"] for one in ended} == {"done"}
    assert server.memory() < 300e6
    assert not list((server.state / "uploads").iterdir())


@pytest.mark.slow
def test_fifty_kills_at_random_moments(serving: Any, photograph: Photograph, tmp_path: Path) -> None:
    generator, state = random.Random(0), tmp_path / "state"
    server = serving(state=state)
    photo = server.upload(photograph(64, 48))["id"]
    asked: list[str] = []
    hit: Counter[str] = Counter()  # how many workers each job may have lost
    killed = 0
    for _ in range(50):
        asked += [server.job(photo, **QUICK, seed=len(asked) + seed)["id"] for seed in range(2)]
        time.sleep(generator.uniform(0, 1.5))
        if generator.random() < 0.5 or not server.workers():
            server.kill()
            server = serving(state=state)
        elif (worker := generator.choice(server.workers())) == server.restoring_worker():
            hit.update(killed_at_work(server, worker))
            killed += 1
        else:
            os.kill(worker, signal.SIGKILL)
    ended = [server.over(one, 600) for one in asked]
    assert {one["state"] for one in ended} <= {"done", "failed"}
    failed = [one for one in ended if one["state"] == "failed"]
    assert all(one["error"]["code"] == "worker-died" and hit[one["id"]] >= 2 for one in failed)
    assert 2 * len(failed) <= killed  # each has lost two workers, and each worker had one job
    contents = {server.client.get(f"/v1/jobs/{one['id']}/result").content for one in ended if one["state"] == "done"}
    assert len(contents) == 1
    assert [one["id"] for one in server.client.get("/v1/jobs").json()["jobs"]] == asked
    for one in ended:  # no attempt has left anything but the one that counts
        assert len(list(state.glob(f"jobs/{one['id']}/*"))) == (one["state"] == "done")


def killed_at_work(server: Any, worker: int) -> list[str]:
    """Kill the worker that restores; the jobs of which it may have had one.

    Once it is stopped, it ends no further job. The first job that is not over was its own, unless it had ended that one
    and the server had not read so yet: then it was the second.
    """
    os.kill(worker, signal.SIGSTOP)
    while Path(f"/proc/{worker}/stat").read_text().rpartition(")")[2].split()[0] != "T":
        time.sleep(0.001)
    jobs = server.client.get("/v1/jobs").json()["jobs"]
    os.kill(worker, signal.SIGKILL)
    return [one["id"] for one in jobs if one["state"] in ("queued", "running")][:2]
