import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from blindsr.web.engine.store import Job, Photo, Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path / "jobs.sqlite")
    yield made
    made.close()


def job(identity: str, key: str | None = None) -> Job:
    return Job(0, identity, "p", "a.png", {"scale": 2}, "queued", 1.0, None, None, 0, None, None, key, "asked")


def run(work: Callable[[], Awaitable[None]]) -> None:
    async def main() -> None:
        await work()

    asyncio.run(main())


def test_jobs_are_taken_in_the_order_that_they_came(store: Store) -> None:
    async def work() -> None:
        for name in "abc":
            assert await store.add_job(job(name), 10)
        third = await store.job("c")
        assert third is not None
        assert await store.position(third) == 2
        taken = [await store.take(2.0) for _ in range(4)]
        assert [one and one.id for one in taken] == ["a", "b", "c", None]
        assert await store.counts() == {"running": 3}

    run(work)


def test_no_more_wait_than_may(store: Store) -> None:
    async def work() -> None:
        assert [await store.add_job(job(name), 2) for name in "abc"] == [True, True, False]
        await store.take(2.0)
        assert await store.add_job(job("c"), 2)

    run(work)


def test_what_ran_when_the_server_ended_is_queued_again_at_its_place(tmp_path: Path) -> None:
    path = tmp_path / "jobs.sqlite"

    async def before() -> None:
        store = Store(path)
        for name in "abc":
            await store.add_job(job(name), 10)
        await store.take(2.0)
        assert await store.finish("a", 3.0, result={"name": "x"})
        await store.take(4.0)
        store.close()

    async def after() -> None:
        store = Store(path)
        assert await store.requeue() == 1
        states = {one.id: one.state for one in await store.jobs()}
        assert states == {"a": "done", "b": "queued", "c": "queued"}
        taken = await store.take(5.0)
        assert taken is not None
        assert taken.id == "b"
        store.close()

    run(before)
    run(after)


def test_a_cancelled_job_takes_no_result(store: Store) -> None:
    async def work() -> None:
        await store.add_job(job("a"), 10)
        await store.take(2.0)
        assert await store.cancel("a", 3.0)
        assert not await store.cancel("a", 3.0)
        assert not await store.finish("a", 4.0, result={})
        assert not await store.died("a", 2)
        found = await store.job("a")
        assert found is not None
        assert (found.state, found.result) == ("cancelled", None)

    run(work)


def test_a_job_whose_workers_die_is_tried_once_more(store: Store) -> None:
    async def work() -> None:
        await store.add_job(job("a"), 10)
        await store.take(2.0)
        assert await store.died("a", 2)
        await store.take(3.0)
        assert not await store.died("a", 2)
        assert await store.finish("a", 4.0, error={"detail": "it died"})
        found = await store.job("a")
        assert found is not None
        assert (found.state, found.deaths, found.error) == ("failed", 2, {"detail": "it died"})

    run(work)


def test_a_key_stands_for_one_job(store: Store) -> None:
    async def work() -> None:
        await store.add_job(job("a", "key"), 10)
        found = await store.job_of_key("key")
        assert found is not None
        assert found.id == "a"
        with pytest.raises(sqlite3.IntegrityError):
            await store.add_job(job("b", "key"), 10)

    run(work)


def test_a_photograph_stays_while_a_job_needs_it(store: Store) -> None:
    async def work() -> None:
        await store.add_photo(Photo("p", "a.png", "source.png", 1, "0", {"width": 3}, None, 1.0))
        await store.add_job(job("a"), 10)
        assert not await store.remove_photo("p")
        await store.take(2.0)
        assert not await store.remove_photo("p")
        await store.set_card("p", {"noise": 3})
        found = await store.photo("p", 9.0)
        assert found is not None
        assert (found.card, found.used, found.about) == ({"noise": 3}, 9.0, {"width": 3})
        assert not await store.remove_job("a")
        await store.finish("a", 4.0, result={})
        assert await store.remove_photo("p")
        assert await store.remove_job("a")
        assert (await store.photos(), await store.jobs()) == ([], [])

    run(work)
