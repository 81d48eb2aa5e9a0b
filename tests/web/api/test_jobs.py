import io
import json
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Photograph = Callable[..., bytes]


def command_result(data: bytes, name: str, folder: Path, *options: str) -> bytes:
    """What ``blindsr upscale`` makes of a photograph."""
    (folder / name).write_bytes(data)
    out = folder / "out"
    command = [sys.executable, "-m", "blindsr", "upscale", str(folder / name), "--out", f"{out}/", *options]
    subprocess.run(command, check=True, capture_output=True)
    (made,) = (one for one in out.iterdir() if not one.name.endswith(".residual.png"))
    return made.read_bytes()


@pytest.mark.parametrize(
    ("kind", "name", "options", "flags"),
    [
        ("PNG", "a.png", {}, []),
        (
            "JPEG",
            "b.jpg",
            {"model": "bicubic", "scale": 2.5, "quality": 80},
            ["-m", "bicubic", "-s", "2.5", "--quality", "80"],
        ),
        (
            "WEBP",
            "c.webp",
            {"size": "100x", "format": "png", "denoise": 0.5},
            ["--size", "100x", "--format", "png", "--denoise", "0.5"],
        ),
    ],
)
def test_results_are_those_of_the_command(
    served: Any, photograph: Photograph, tmp_path: Path, kind: str, name: str, options: Any, flags: list[str]
) -> None:
    data = photograph(kind=kind)
    job = served.over(served.job(served.upload(data, name)["id"], **options)["id"])
    assert job["state"] == "done", job
    answer = served.client.get(f"/v1/jobs/{job['id']}/result")
    assert answer.content == command_result(data, name, tmp_path, *flags)
    assert job["result"]["size_bytes"] == len(answer.content)
    assert job["result"]["name"] in answer.headers["content-disposition"]


def test_another_runtime_restores_as_it_does_for_the_command(
    serving: Any, photograph: Photograph, tmp_path: Path
) -> None:
    pytest.importorskip("onnxruntime")
    server = serving("--runtime", "onnxruntime", "--device", "cpu")
    data = photograph(90, 70)
    photo = server.upload(data, "a.png")["id"]
    job = server.over(server.job(photo, model="cmdsr_x4.photo")["id"])
    assert job["state"] == "done", job
    flags = ["-m", "cmdsr_x4.photo", "--device", "cpu", "--runtime", "onnxruntime"]
    content = server.client.get(f"/v1/jobs/{job['id']}/result").content
    assert content == command_result(data, "a.png", tmp_path, *flags)
    asked = {"photo": photo, "region": [0, 0, 90, 70], "options": {"model": "cmdsr_x4.photo"}}
    assert server.client.post("/v1/preview", json=asked).status_code == 200


def test_one_request_is_enough(served: Any, photograph: Photograph, tmp_path: Path) -> None:
    data = photograph(seed=1)
    answer = served.client.post(
        "/v1/jobs?wait=60", files={"file": ("a.png", data)}, data={"options": '{"model": "bicubic"}'}
    )
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/png"
    assert answer.content == command_result(data, "a.png", tmp_path, "-m", "bicubic")


def test_a_name_in_the_command_is_no_option(served: Any, photograph: Photograph) -> None:
    photo = served.upload(photograph(), "--output=x y.png")
    job = served.over(served.job(photo["id"], model="bicubic")["id"])
    command = served.client.get(f"/v1/jobs/{job['id']}/command").json()["command"]
    assert command == "blindsr upscale './--output=x y.png' --out restored/ --model bicubic"


@pytest.mark.parametrize("wait", ["nan", "-1", "-inf", "soon", ""])
def test_a_time_to_wait_that_is_none(served: Any, photograph: Photograph, wait: str) -> None:
    before = set((served.state / "photos").iterdir())
    answer = served.client.post("/v1/jobs", files={"file": ("a.png", photograph())}, data={"wait": wait})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert served.client.post(f"/v1/jobs?wait={wait}", json={"photo": "0" * 32}).status_code == 422
    assert set((served.state / "photos").iterdir()) == before


def test_a_job_tells_how_far_it_is(served: Any, photograph: Photograph) -> None:
    job = served.job(served.upload(photograph(seed=2))["id"], report=True, model="dmsr_x2.light")
    with served.client.stream("GET", f"/v1/jobs/{job['id']}/events") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        told = [json.loads(line[6:]) for line in answer.iter_lines() if line.startswith("data: ")]
    assert [one["state"] for one in (told[0], told[-1])] in (["queued", "done"], ["running", "done"])
    assert told[-1]["progress"] == 1
    assert told[-1]["has_map"]
    base = f"/v1/jobs/{job['id']}"
    report = served.client.get(f"{base}/report").json()
    assert (report["input"], report["output"]) == ("photo.png", "photo_x2.png")
    assert report["consistency"]["map"] == "photo_x2.png.residual.png"
    assert str(served.state) not in json.dumps(report)
    assert served.client.get(f"{base}/map").headers["content-type"] == "image/png"
    command = served.client.get(f"{base}/command").json()["command"]
    assert command == "blindsr upscale photo.png --out restored/ --report --model dmsr_x2.light" or set(
        command.split()
    ) == {"blindsr", "upscale", "photo.png", "--out", "restored/", "--report", "--model", "dmsr_x2.light"}
    tiles = served.client.get(f"{base}/tiles.json").json()
    assert (tiles["width"], tiles["height"]) == (96, 80)
    tile = served.client.get(f"{base}/tiles/{tiles['max_level']}/0_0.{tiles['format']}")
    assert tile.headers["content-type"] == "image/jpeg"
    assert served.client.get(f"{base}/tiles/{tiles['max_level']}/7_0.jpg").status_code == 404


def test_a_job_is_found_among_all_and_deleted(served: Any, photograph: Photograph) -> None:
    job = served.over(served.job(served.upload(photograph())["id"], model="bicubic")["id"])
    assert job["id"] in [one["id"] for one in served.client.get("/v1/jobs").json()["jobs"]]
    folder = served.state / "jobs" / job["id"]
    assert folder.is_dir()
    assert served.client.delete(f"/v1/jobs/{job['id']}").status_code == 204
    assert served.client.get(f"/v1/jobs/{job['id']}").status_code == 404
    assert not folder.exists()


def test_a_running_job_is_cancelled(served: Any, photograph: Photograph) -> None:
    job = served.job(served.upload(photograph(400, 300))["id"], tta=True)
    while served.client.get(f"/v1/jobs/{job['id']}").json()["state"] == "queued":
        time.sleep(0.05)
    assert served.client.delete(f"/v1/jobs/{job['id']}").status_code == 204
    found = served.client.get(f"/v1/jobs/{job['id']}").json()
    assert (found["state"], found["result"], found["error"]) == ("cancelled", None, None)
    assert served.client.get(f"/v1/jobs/{job['id']}/result").status_code == 404
    after = served.over(served.job(served.upload(photograph())["id"], model="bicubic")["id"])
    assert after["state"] == "done"


def test_the_same_key_gives_the_same_job(served: Any, photograph: Photograph) -> None:
    def ask(seed: int, options: str = "{}", key: str = "key-1") -> Any:
        files = {"file": ("a.png", photograph(seed=seed))}
        return served.client.post("/v1/jobs", files=files, data={"options": options}, headers={"Idempotency-Key": key})

    options = '{"model": "bicubic"}'
    first, again = ask(3, options), ask(3, options)
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json()["id"] == again.json()["id"]
    assert ask(4, options).json()["code"] == "key-reused"
    assert ask(3, '{"model": "bicubic", "scale": 2}').json()["code"] == "key-reused"
    assert ask(3, options, "key-2").json()["id"] != first.json()["id"]


@pytest.mark.parametrize(
    "options",
    [
        {"scale": 2, "size": "100x"},
        {"model": "no_such.model"},
        {"model": "../../secret.safetensors"},
        {"strength": 2},
        {"kernel": "/etc/passwd"},
        {"support": ["/etc/passwd"]},
        {"unknown": 1},
        {"size": "x"},
        {"blur": 0},
        {"scale": "nan"},
        {"model": "bicubic", "denoise": 0.5},
    ],
)
def test_options_that_make_no_sense_are_refused_at_once(served: Any, photograph: Photograph, options: Any) -> None:
    photo = served.upload(photograph())["id"]
    before = len(served.client.get("/v1/jobs").json()["jobs"])
    answer = served.client.post("/v1/jobs", json={"photo": photo, "options": options})
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]
    assert len(served.client.get("/v1/jobs").json()["jobs"]) == before


def test_results_come_as_one_archive(served: Any, photograph: Photograph) -> None:
    jobs = [
        served.over(served.job(served.upload(photograph(seed=seed))["id"], model="bicubic")["id"]) for seed in (5, 6)
    ]
    query = "&".join(f"job={one['id']}" for one in jobs)
    with zipfile.ZipFile(io.BytesIO(served.client.get(f"/v1/results.zip?{query}").content)) as archive:
        assert archive.namelist() == ["photo_x4.png", "photo_x4-2.png"]
        for job, name in zip(jobs, archive.namelist(), strict=True):
            assert archive.read(name) == served.client.get(f"/v1/jobs/{job['id']}/result").content


def test_what_is_not_there(served: Any) -> None:
    nobody = "0" * 32
    for path in (
        f"/v1/jobs/{nobody}",
        f"/v1/jobs/{nobody}/result",
        f"/v1/jobs/{nobody}/events",
        "/v1/results.zip?job=" + nobody,
    ):
        assert served.client.get(path).status_code == 404
    assert served.client.get("/v1/jobs/..%2f..%2fetc").status_code in (404, 422)
    assert served.client.post("/v1/jobs", json={"photo": nobody}).status_code == 404
