import asyncio
import json

import pytest

from blindsr.web.engine import events


def test_who_reads_slowly_gets_each_job_once() -> None:
    async def work() -> list[str]:
        changed = events.JobChanges()
        async with changed.subscribe() as changes:
            for name in ("a", "b", "a", "a", "c", "b"):
                changed.publish(name)
            return [await anext(changes) for _ in range(3)]

    assert asyncio.run(work()) == ["a", "b", "c"]


def test_a_subscriber_of_one_job_hears_of_no_other() -> None:
    async def work() -> list[str]:
        changed = events.JobChanges()
        async with changed.subscribe("b") as changes:
            for name in ("a", "b", "c"):
                changed.publish(name)
            changed.close()
            return [one async for one in changes]

    assert asyncio.run(work()) == ["b"]


def test_a_stream_begins_with_what_there_is_and_says_that_it_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "_QUIET", 0.01)

    async def view(identity: str) -> events.Shown:
        return {"id": identity, "state": "queued"} if identity != "gone" else {"id": identity}

    async def work() -> list[str]:
        changed = events.JobChanges()
        told = []
        async with changed.subscribe() as changes:
            async for shown in events.stream(changes, view, ["first"]):
                told.append(events.text(shown))
                if len(told) == 2:
                    changed.publish("gone")
                if len(told) == 3:
                    changed.close()
        return told

    first, comment, gone = asyncio.run(work())
    assert first.startswith("event: job\ndata: ")
    assert json.loads(first.split("data: ")[1]) == {"id": "first", "state": "queued"}
    assert comment == ": keep-alive\n\n"
    assert gone == 'event: deleted\ndata: {"id": "gone"}\n\n'
