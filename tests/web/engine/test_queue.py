import asyncio
import os
import signal
import sqlite3
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest

from blindsr.web.engine import queue
from blindsr.web.engine.queue import Queue
from blindsr.web.engine.service import Service
from blindsr.web.engine.store import Job, Photo
from blindsr.web.metrics import Metrics
from blindsr.web.settings import Settings

Photograph = Callable[..., bytes]
QUICK = {"model": "bicubic"}


def states(server: Any) -> dict[str, str]:
    return {one["id"]: one["state"] for one in server.client.get("/v1/jobs").json()["jobs"]}


def computes(server: Any, job: str, killed: int | None) -> bool:
    """Whether a worker other than the one that was killed is in the middle of a job."""
    progress = server.client.get(f"/v1/jobs/{job}").json()["progress"]
    return progress > 0 and server.restoring_worker() not in (None, killed)


def wait_until(condition: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.slow
def test_a_killed_server_goes_on(serving: Any, photograph: Photograph, tmp_path: Path) -> None:
    state = tmp_path / "state"
    first = serving(state=state)
    photo = first.upload(photograph(120, 100))["id"]
    done = [first.over(first.job(photo, **QUICK, seed=seed)["id"]) for seed in range(3)]
    contents = [first.client.get(f"/v1/jobs/{one['id']}/result").content for one in done]
    running = first.job(photo, tta=True)["id"]
    wait_until(lambda: states(first)[running] == "running")
    queued = [first.job(photo, **QUICK, seed=seed)["id"] for seed in range(20)]
    before = first.workers()
    first.kill()
    second = serving(state=state)
    wait_until(lambda: not any(Path(f"/proc/{one}").exists() for one in before))
    assert list(states(second)) == [*(one["id"] for one in done), running, *queued]
    for one, content in zip(done, contents, strict=True):
        assert second.client.get(f"/v1/jobs/{one['id']}").json() == one
        assert second.client.get(f"/v1/jobs/{one['id']}/result").content == content
    ended = [second.over(one) for one in (running, *queued)]
    assert {one["state"] for one in ended} == {"done"}
    order = [one["finished"] for one in ended]
    assert order == sorted(order)
    text = second.client.get("/metrics").text
    assert 'blindsr_jobs_ended_total{state="done"} 21.0' in text
    for one in ended:
        assert len(list((state / "jobs" / one["id"]).iterdir())) == 1


def test_a_worker_that_dies_takes_one_job_with_it_which_is_tried_again(serving: Any, photograph: Photograph) -> None:
    server = serving()
    photo = server.upload(photograph(300, 200))["id"]
    job, other = server.job(photo, tta=True)["id"], server.job(photo, **QUICK)["id"]
    wait_until(partial(computes, server, job, None))
    os.kill(server.restoring_worker(), signal.SIGKILL)
    assert server.over(other)["state"] == "done"
    assert server.over(job)["state"] == "done"
    job, victim = server.job(photo, tta=True, seed=1)["id"], None
    for _ in range(2):
        wait_until(partial(computes, server, job, victim))
        victim = server.restoring_worker()
        os.kill(victim, signal.SIGKILL)
    found = server.over(job)
    assert (found["state"], found["error"]["code"]) == ("failed", "worker-died")
    assert "photo.png" in found["error"]["detail"]
    assert server.over(server.job(photo, **QUICK)["id"])["state"] == "done"


def test_the_queue_is_bounded(serving: Any, photograph: Photograph) -> None:
    server = serving("--queue", "3")
    photo = server.upload(photograph(300, 200))["id"]
    first = server.job(photo, tta=True)["id"]
    wait_until(lambda: states(server)[first] == "running")
    queued = [server.job(photo, **QUICK) for _ in range(3)]
    assert [one["position"] for one in queued] == [0, 1, 2]
    answer = server.client.post("/v1/jobs", json={"photo": photo, "options": QUICK})
    assert (answer.status_code, answer.json()["code"]) == (429, "queue-full")
    assert int(answer.headers["retry-after"]) > 0
    files = {"file": ("a.png", photograph())}
    before = len(list((server.state / "photos").iterdir()))
    assert server.client.post("/v1/jobs", files=files).status_code == 429
    assert len(list((server.state / "photos").iterdir())) == before
    assert server.client.delete(f"/v1/photos/{photo}").json()["code"] == "in-use"
    assert server.client.delete(f"/v1/jobs/{queued[0]['id']}").status_code == 204
    server.job(photo, **QUICK)


@pytest.mark.slow
def test_a_job_has_an_end(serving: Any, photograph: Photograph) -> None:
    server = serving("--max-time", "5s")
    photo = server.upload(photograph(1200, 900))["id"]
    found = server.over(server.job(photo, tta=True)["id"])
    assert (found["state"], found["error"]["code"]) == ("failed", "too-slow")
    assert server.over(server.job(server.upload(photograph())["id"], **QUICK)["id"])["state"] == "done"


def test_a_photograph_that_cannot_be_restored_says_why(served: Any, photograph: Photograph) -> None:
    photo = served.upload(photograph(200, 150), "mine.jpg")["id"]
    found = served.over(served.job(photo, **QUICK, scale=90, format="webp")["id"])
    assert found["state"] == "failed"
    assert str(served.state) not in found["error"]["detail"]
    assert "16383" in found["error"]["detail"]


@pytest.mark.parametrize("wait", [0.2, pytest.param(60, marks=pytest.mark.slow)])
def test_who_waits_gets_the_result_or_the_job(served: Any, photograph: Photograph, wait: float) -> None:
    photo = served.upload(photograph(300, 200))["id"]
    options = QUICK if wait == 60 else {"tta": True}
    answer = served.client.post(f"/v1/jobs?wait={wait}", json={"photo": photo, "options": options})
    assert answer.status_code == (200 if wait == 60 else 202)
    if answer.status_code == 202:
        served.client.delete(answer.headers["location"])


class Failing:
    """Restores, but has mistakes at first."""

    size = 1

    def __init__(self, failures: int) -> None:
        self.failures = failures

    async def run(self, *_: Any, **__: Any) -> dict[str, Any]:
        self.failures -= 1
        if self.failures >= 0:
            raise OSError("no such store")
        return {"file": "result.png", "map": None, "model": "bicubic"}

    async def close(self) -> None:
        """Nothing has been started."""


def test_the_queue_goes_on_after_mistakes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "_PAUSE", 0.01)

    async def main() -> None:
        service = Service(Settings(state=tmp_path / "state"))
        service.restoring = cast("Any", Failing(1))
        photo = Photo("p", "a.png", "source.png", 1, "x", {}, None, 0.0)
        await service.store.add_photo(photo)
        jobs = Queue(service, Metrics())
        taken, takes = service.store.take, iter([sqlite3.OperationalError("database or disk is full")])

        async def take(now: float) -> Job | None:
            if (error := next(takes, None)) is not None:
                raise error
            return await taken(now)

        monkeypatch.setattr(service.store, "take", take)
        await jobs.start()
        try:
            added = [await jobs.add(photo, {}) for _ in range(2)]
            ended = [await jobs.wait(one.id, 20) for one in added]
            assert [one.state for one in ended] == ["failed", "done"]
            assert ended[0].error is not None
            assert (ended[0].error["code"], "a.png" in ended[0].error["detail"]) == ("internal", True)
            waiting = asyncio.create_task(jobs.wait((await jobs.add(photo, {}, "key")).id, 20))
            await asyncio.sleep(0)
            jobs.changes.close()
            await asyncio.wait_for(waiting, 20)
        finally:
            await jobs.close()
            await service.close()

    asyncio.run(main())
