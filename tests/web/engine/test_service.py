import asyncio
import os
import signal
import stat
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import cast

import pytest

from blindsr.errors import BlindSRError, Code
from blindsr.web.engine.pool import Pool, WorkerDiedError
from blindsr.web.engine.service import Service
from blindsr.web.problems import ProblemError
from blindsr.web.settings import Settings


def with_service(folder: Path, work: Callable[[Service], Awaitable[None]]) -> None:
    async def main() -> None:
        service = Service(Settings(state=folder))
        try:
            await work(service)
        finally:
            await service.close()

    asyncio.run(main())


def test_the_folder_is_private_and_has_one_server(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "state"

    async def work(service: Service) -> None:
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        with pytest.raises(BlindSRError, check=Code.NAME_CLASH.matches):
            Service(service.settings)

    with_service(folder, work)
    with_service(folder, work)


def test_a_folder_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BlindSRError, check=Code.CANNOT_WRITE.matches):
        Service(Settings(state=tmp_path / "file" / "state"))


def test_what_a_worker_dies_of_is_tried_once_more(tmp_path: Path) -> None:
    class Dying:
        def __init__(self, deaths: int) -> None:
            self.deaths = deaths

        async def run(self, task: str, _: object, **__: object) -> str:
            self.deaths -= 1
            if self.deaths >= 0:
                raise WorkerDiedError
            return task

    async def work(service: Service) -> None:
        assert await service.ask(cast("Pool", Dying(1)), "check", {}, "a.png") == "check"
        with pytest.raises(ProblemError) as died:
            await service.ask(cast("Pool", Dying(2)), "check", {}, "a.png")
        assert (died.value.status, died.value.code) == (500, "worker-died")

    with_service(tmp_path / "state", work)


def test_workers_that_die_while_they_start_are_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("blindsr.web.engine.service._FIRST_PAUSE", 0.1)

    async def started(pool: Pool) -> int:
        while (process := pool.workers[0]._process) is None:
            await asyncio.sleep(0.01)
        return process.pid

    async def work(service: Service) -> None:
        warming = asyncio.create_task(service.warm())
        pools = cast("list[Pool]", [service.looking, service.restoring])
        for pool in pools:
            os.kill(await started(pool), signal.SIGKILL)
        async with asyncio.timeout(120):
            await warming
        assert [pool.ready for pool in service.pools] == [True] * 3
        assert [pool.starts for pool in pools] == [2, 2]

    with_service(tmp_path / "state", work)
    assert all(f"a worker for {pool} did not start" in caplog.text for pool in ("looking", "restoring"))


def test_a_first_task_that_fails_is_repeated_with_longer_pauses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    class Failing:
        name = "failing"
        left = 8

        async def run(self, *_: object, **__: object) -> None:
            self.left -= 1
            if self.left:
                raise ProblemError(507, "out-of-memory", "not enough memory")

    async def work(service: Service) -> None:
        monkeypatch.setattr("blindsr.web.engine.service.asyncio.sleep", sleep)
        await service._warm(cast("Pool", Failing()), "warm", {})
        monkeypatch.undo()
        assert pauses == [1, 2, 4, 8, 16, 32, 60]

    with_service(tmp_path / "state", work)


def test_newer_work_of_a_client_replaces_older_and_not_that_of_others(tmp_path: Path) -> None:
    async def work(service: Service) -> None:
        async def slow(value: int) -> int:
            await asyncio.sleep(0.05)
            return value

        first = asyncio.create_task(service.run_latest("a", slow(1)))
        other = asyncio.create_task(service.run_latest("b", slow(2)))
        nobody = [asyncio.create_task(service.run_latest("", slow(value))) for value in (3, 4)]
        await asyncio.sleep(0.01)
        assert await service.run_latest("a", slow(5)) == 5
        with pytest.raises(ProblemError) as replaced:
            await first
        assert (replaced.value.status, replaced.value.code) == (409, "superseded")
        assert [await other, *[await one for one in nobody]] == [2, 3, 4]
        assert service._newest == {}

    with_service(tmp_path / "state", work)
