import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from blindsr.web.work.replica import Replica


def test_files_come_from_a_store_and_go_there(photograph: Callable[..., bytes], tmp_path: Path) -> None:
    store = tmp_path / "store"
    (store / "photos" / "p").mkdir(parents=True)
    (store / "photos" / "p" / "source.png").write_bytes(photograph())
    server = Path("/state")
    shared = {"source": "photos/p/source.png", "folder": "jobs/j/attempt"}
    values = {name: str(server / path) for name, path in shared.items()}
    replica = Replica(f"file://{store}")

    async def ask(**options: Any) -> list[dict[str, Any]]:
        asked = {**values, "name": "a.png", "values": options, "settings": {"device": "cpu"}}
        return [one async for one in replica.answer("restore", asked, shared)]

    told = asyncio.run(ask(model="bicubic"))
    assert told[0] == {"progress": 0.0}
    assert (store / "jobs" / "j" / "attempt" / told[-1]["result"]["file"]).read_bytes().startswith(b"\x89PNG")
    (problem,) = asyncio.run(ask(model="nothing.at.all"))
    assert problem["problem"]["status"] == 422
    too_large = asyncio.run(ask(model="bicubic", scale=99, size="1x1"))[-1]
    assert "problem" in too_large
