import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import pyvips

from blindsr.errors import Code
from blindsr.web.engine.pool import Pool, TooSlowError, WorkerDiedError
from blindsr.web.problems import ProblemError

Photograph = Callable[..., bytes]


def with_pool(work: Callable[[Pool], Awaitable[None]], *arguments: str) -> None:
    async def main() -> None:
        pool = Pool("test", 1, list(arguments))
        try:
            await work(pool)
        finally:
            await pool.close()

    asyncio.run(main())


def restoring(path: Path, **values: Any) -> dict[str, Any]:
    out = str(path.parent / "out")
    return {"source": str(path), "name": "a.png", "folder": out, "values": values, "settings": {"device": "cpu"}}


@pytest.fixture
def path(photograph: Photograph, tmp_path: Path) -> Path:
    (tmp_path / "a.png").write_bytes(photograph())
    return tmp_path / "a.png"


@pytest.fixture
def large(photograph: Photograph, tmp_path: Path) -> Path:
    """A photograph that takes long."""
    (tmp_path / "large.png").write_bytes(photograph(1500, 1200))
    return tmp_path / "large.png"


def test_tasks_are_done_by_one_process_that_outlives_what_it_refuses(path: Path) -> None:
    async def work(pool: Pool) -> None:
        told: list[float] = []
        found = await pool.run("restore", restoring(path, model="bicubic"), progress=told.append)
        assert (found["name"], found["width"]) == ("a_x4.png", 192)
        assert told[-1] == 1
        with pytest.raises(ProblemError) as refused:
            await pool.run("inspect", {"source": str(path.with_name("none.png")), "max_pixels": 10**6})
        assert (refused.value.status, refused.value.code) == (422, Code.FILE_NOT_FOUND)
        with pytest.raises(ProblemError) as internal:
            await pool.run("inspect", {"wrong": 1})
        assert internal.value.code == "internal"
        assert (await pool.run("inspect", {"source": str(path), "max_pixels": 10**6}))["width"] == 48
        assert pool.workers[0].starts == 1

    with_pool(work)


def test_a_worker_that_dies_is_replaced(path: Path, large: Path) -> None:
    async def work(pool: Pool) -> None:
        task = asyncio.create_task(pool.run("restore", restoring(large)))
        await pool_works(pool)
        os.kill(process_of(pool), signal.SIGKILL)
        with pytest.raises(WorkerDiedError):
            await task
        assert (await pool.run("inspect", {"source": str(path), "max_pixels": 10**6}))["width"] == 48
        assert pool.workers[0].starts == 2

    with_pool(work)


def test_a_worker_that_was_killed_while_it_was_idle_costs_no_task(path: Path) -> None:
    async def work(pool: Pool) -> None:
        values = {"source": str(path), "max_pixels": 10**6}
        await pool.run("inspect", values)
        os.kill(process_of(pool), signal.SIGKILL)  # the pool has not noticed when the next task comes
        assert (await pool.run("inspect", values))["width"] == 48
        assert pool.workers[0].starts == 2

    with_pool(work)


def test_what_is_cancelled_stops_and_the_process_goes_on(path: Path, large: Path) -> None:
    async def work(pool: Pool) -> None:
        begun = asyncio.Event()
        task = asyncio.create_task(
            pool.run("restore", restoring(large, model="bicubic", tta=False), progress=lambda _: begun.set())
        )
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await pool.run("inspect", {"source": str(path), "max_pixels": 10**6}))["width"] == 48

    with_pool(work)


def test_what_takes_too_long_is_ended(large: Path) -> None:
    async def work(pool: Pool) -> None:
        await pool.run("check", {"values": {}, "settings": {}})
        process = process_of(pool)
        with pytest.raises(TooSlowError):
            await pool.run("restore", restoring(large), limit=0.5)
        await pool.run("check", {"values": {}, "settings": {}})
        assert process_of(pool) != process
        assert not Path(f"/proc/{process}").exists()
        assert not (large.parent / "out" / "result.png").exists()

    with_pool(work)


@pytest.mark.slow
def test_a_worker_has_no_more_memory_than_it_is_given(photograph: Photograph, tmp_path: Path, path: Path) -> None:
    (tmp_path / "b.png").write_bytes(photograph(6000, 4000))

    async def work(pool: Pool) -> None:
        with pytest.raises((ProblemError, WorkerDiedError)) as refused:
            await pool.run("analyze", {"source": str(tmp_path / "b.png"), "settings": {"device": "cpu"}})
        assert getattr(refused.value, "code", "out-of-memory") in ("out-of-memory", "invalid-value")
        assert (await pool.run("inspect", {"source": str(path), "max_pixels": 10**6}))["width"] == 48

    with_pool(work, "--memory", str(700 * 10**6))


@pytest.mark.slow
def test_a_gigapixel_is_cut_into_tiles_within_less_memory_than_its_pixels_take(tmp_path: Path) -> None:
    side = 2**15
    ramp = pyvips.Image.grey(side, side, uchar=True)
    ramp.bandjoin([ramp.rot90(), ramp.rot180()]).copy(interpretation="srgb").jpegsave(str(tmp_path / "a.jpg"))

    async def work(pool: Pool) -> None:
        found = await pool.run("tiles", {"source": str(tmp_path / "a.jpg"), "folder": str(tmp_path / "tiles")})
        assert (found["width"], found["height"], found["max_level"]) == (side, side, 15)
        finest = tmp_path / "tiles" / "15"
        assert len(list(finest.iterdir())) == 65**2
        middle = pyvips.Image.new_from_file(str(finest / "32_32.jpg"))
        assert middle.width == found["tile_size"] + 2 * found["overlap"]
        assert middle(256, 256) == pytest.approx([127.5] * 3, abs=4)
        assert pool.workers[0].starts == 1

    with_pool(work, "--memory", str(2 * 10**9))


def test_nothing_is_started_once_it_is_closed(path: Path) -> None:
    async def main() -> None:
        pool = Pool("test", 1, [])
        values = {"source": str(path), "max_pixels": 10**6}
        asked = [asyncio.create_task(pool.run("inspect", values)) for _ in range(3)]
        await pool_works(pool)
        asked[0].cancel()
        await asyncio.sleep(0)
        await pool.close()
        await asyncio.gather(*asked[:1], return_exceptions=True)
        with pytest.raises(WorkerDiedError):
            await pool.run("inspect", values)
        assert pool.starts <= 1
        for one in asked:
            one.cancel()

    asyncio.run(main())


def test_urgent_requests_go_first(path: Path) -> None:
    async def work(pool: Pool) -> None:
        order: list[int] = []

        async def ask(priority: int) -> None:
            await pool.run("inspect", {"source": str(path), "max_pixels": 10**6}, priority=priority)
            order.append(priority)

        tasks = [asyncio.create_task(ask(priority)) for priority in (5, 3, 4, 1)]
        await asyncio.gather(*tasks)
        assert order == [5, 1, 3, 4]

    with_pool(work)


def test_who_gives_up_waiting_takes_no_worker(path: Path) -> None:
    async def work(pool: Pool) -> None:
        values = {"source": str(path), "max_pixels": 10**6}
        first = asyncio.create_task(pool.run("inspect", values))
        second = asyncio.create_task(pool.run("inspect", values))
        await asyncio.sleep(0)
        second.cancel()
        await first
        assert (await pool.run("inspect", values))["width"] == 48

    with_pool(work)


def process_of(pool: Pool) -> int:
    process = pool.workers[0]._process
    assert process is not None
    return process.pid


async def pool_works(pool: Pool) -> None:
    """Wait until a request is at work."""
    while pool.workers[0]._process is None or pool.workers[0]._number == 0:
        await asyncio.sleep(0.05)
    await asyncio.sleep(0.2)
