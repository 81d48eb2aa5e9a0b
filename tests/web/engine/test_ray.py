import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from blindsr.errors import BlindSRError, Code
from blindsr.web.engine.ray import RayPool

Photograph = Callable[..., bytes]
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


def test_a_store_of_a_kind_that_there_is_not(tmp_path: Path) -> None:
    with pytest.raises(BlindSRError, check=Code.UNREACHABLE.matches):
        RayPool(1, None, tmp_path, "nonsense://x")


def replicas() -> list[int]:
    """Processes of replicas on this machine."""
    found = []
    for process in Path("/proc").iterdir():
        try:
            if process.name.isdecimal() and b"ServeReplica" in (process / "cmdline").read_bytes():
                found.append(int(process.name))
        except OSError:
            continue
    return found


@pytest.mark.slow
def test_two_replicas_one_of_which_is_killed_under_load(
    serving: Any, served: Any, photograph: Photograph, tmp_path: Path
) -> None:
    store = tmp_path / "store"
    server = serving("--engine", "ray", "--workers", "2", "--store", f"file://{store}")
    data = photograph(160, 120)
    photo = server.upload(data)["id"]
    jobs = [server.job(photo)["id"] for _ in range(8)]
    while sum(server.client.get(f"/v1/jobs/{one}").json()["state"] == "running" for one in jobs) < 2:
        time.sleep(0.1)
    time.sleep(1)
    victims = replicas()
    assert len(victims) == 2
    os.kill(victims[0], signal.SIGKILL)
    ended = [server.over(one, 600) for one in jobs]
    assert [one["error"] for one in ended] == [None] * 8
    expected = served.over(served.job(served.upload(data)["id"])["id"])
    content = served.client.get(f"/v1/jobs/{expected['id']}/result").content
    for one in jobs:
        assert server.client.get(f"/v1/jobs/{one}/result").content == content
        assert len(list((store / "jobs" / one).rglob("result.png"))) >= 1
    asked = {"photo": photo, "region": [0, 0, 32, 32]}
    here = served.client.post("/v1/preview", json={**asked, "photo": expected["photo"]})
    there = server.client.post("/v1/preview", json=asked)
    assert here.content == there.content
    broken = server.client.post("/v1/preview", json={**asked, "region": [500, 0, 1, 1]})
    assert broken.status_code == 422
    assert str(server.state) not in broken.text
    assert server.client.delete(f"/v1/jobs/{jobs[0]}").status_code == 204
    assert not (store / "jobs" / jobs[0]).exists()
