import time
from collections.abc import Callable
from typing import Any

import pytest

Photograph = Callable[..., bytes]


@pytest.mark.slow
def test_what_is_old_is_deleted(serving: Any, photograph: Photograph, tmp_path: Any) -> None:
    state = tmp_path / "state"
    first = serving("--keep", "1s", state=state)
    photo = first.upload(photograph())
    job = first.over(first.job(photo["id"], model="bicubic")["id"])
    first.kill()
    (state / "photos" / "orphan").mkdir()
    (state / "uploads" / "half").write_bytes(b"x")
    time.sleep(1.1)
    second = serving("--keep", "1s", state=state)
    assert second.client.get(f"/v1/jobs/{job['id']}").status_code == 404
    assert second.client.get(f"/v1/photos/{photo['id']}").status_code == 404
    assert not any((state / name).iterdir() for name in ("photos", "jobs") if any((state / name).iterdir()))
    assert not list((state / "uploads").glob("half"))


@pytest.mark.slow
def test_the_oldest_goes_where_the_disk_is_full(serving: Any, photograph: Photograph) -> None:
    data = photograph(500, 400)
    server = serving("--disk", str(4 * len(data)))
    photos = [server.upload(photograph(500, 400, seed=seed)) for seed in range(6)]
    statuses = [server.client.get(f"/v1/photos/{one['id']}").status_code for one in photos]
    assert statuses[-1] == 200
    assert statuses[0] == 404
    used = sum(one.stat().st_size for one in server.state.rglob("*") if one.is_file() and "sqlite" not in one.name)
    assert used <= 4 * len(data) + 200_000
    full = serving("--disk", "100kB")
    assert full.client.post("/v1/photos", files={"file": ("a.png", data)}).status_code == 507
