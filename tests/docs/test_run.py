"""Every command and every block of Python of README and the documentation, run on small images.

Commands run in the order of their page, in a folder with the files that pages speak of. What a test of seconds needs
smaller is in `SMALLER`; what cannot run has its reason in `NOT_RUN`.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from pages import PAGES, ROOT, Line, commands, name, python
from PIL import Image
from safetensors.torch import save_file

pytestmark = pytest.mark.slow

NOT_RUN = {
    r"reproduce (?!--list)": "trains networks: tests/reproduce runs every study with small ones",
    r"s3://|--address|--engine ray --workers": "needs a store and a cluster: tests/cluster",
    r"serve --(engine|host|allow)": "needs a cluster, another machine or a token: tests/web",
    r"openvino": "is not among the packages for development: tests/runtimes",
    r"doctor": "measures every model for minutes: tests/inference/test_doctor.py, tests/runtimes/test_tune.py",
    r"hf://": "needs the Hub: tests/weights/test_hub.py",
    r"train .*--init (?!mzsr_x2.direct --data|cmdsr_x4.classic|cmdsr_x4.plain)|--init \w+\.safetensors": (
        "begins with runs and weights that are not kept: tests/methods train all stages"
    ),
    r"-m (meta|sons|told|alone|mzsr_x2.zssr)|--export (told|alone|zssr|vivid3)|use cmdsr=": (
        "needs weights that were trained"
    ),
    r"train mzsr|train mrda|train dmsr|mzsr_x2.sons": "tests/methods train all stages with small networks",
}
"""Commands that are parsed and not run, by a pattern; and why."""
_NEEDS_DATA = r"bench/|board/|lr/ -o sr/|leaderboard"
"""Commands that need the published test images; they run where BLINDSR_DATA names them."""
_NO_PYTHON = {
    "docs/server": "needs a running server: tests/web/test_docs.py",
    "push_to_hub|from_pretrained": "needs the Hub: tests/weights/test_hub.py",
}
SMALLER = (
    (r"\s+# .*", ""),
    (r"(blindsr train (?!--export)(?!.*--time-limit).*)", r"\1 --time-limit 1s"),
    (r"--size \d+x", "--size 300x"),
    (r"--megapixels \d+", "--megapixels 0.05"),
    (r"--time-limit \w+", "--time-limit 1s"),
    (r"(train \S+ .*)--data photos/", r"\1--data hr/ --set held_out=1"),
    (r"--(lpips|vgg|niqe) \S+", ""),
    (r"(inspect curve .*)--data", r"\1--steps 0,1 --data"),
    (r" -- blindsr ", " -- ./bin/blindsr "),
)
"""What is changed in a command."""


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files that pages speak of, small."""
    folder = tmp_path_factory.mktemp("pages")
    with Image.open(ROOT / "examples" / "pens_iso3200.jpg") as image:
        photo, large = image.crop((200, 300, 248, 348)), image.crop((0, 0, 336, 336))
    for place in ("photo.jpg", "a.jpg", "b.jpg", "c.jpg", "photos/a.jpg", "photos/b.jpg", "more/c.jpg", "large.jpg"):
        (folder / place).parent.mkdir(exist_ok=True)
        photo.save(folder / place, quality=90)
    for place in ("large.tif", "photo.png"):
        photo.save(folder / place)
    for place in ("clean.png", "RealSR/LR/one.png", "RealSRSet/one.png", "LR/one.png"):
        (folder / place).parent.mkdir(exist_ok=True, parents=True)
        photo.save(folder / place)
    for place in (
        "Set5/one.png",
        "Set5/two.png",
        "Set14/one.png",
        "BSD100/one.png",
        "BSD100/two.png",
        "images/one.png",
    ):
        (folder / place).parent.mkdir(exist_ok=True)
        photo.rotate(90 * place.count("two")).resize((96, 96)).save(folder / place)
    for place in ("RealSR/HR/one.png", "HR/one.png", "theirs/Set5/one.png", "theirs/Set5/two.png"):
        (folder / place).parent.mkdir(exist_ok=True, parents=True)
        photo.resize((96, 96) if "theirs" in place else (192, 192)).save(folder / place)
    (folder / "hr").mkdir()
    for number in range(3):
        large.rotate(90 * number).save(folder / "hr" / f"{number}.png")
    np.save(folder / "k.npy", np.outer([1, 2, 1], [1, 2, 1]) / 16)
    shutil.copytree(ROOT / "examples", folder / "examples")
    shutil.copytree(ROOT / "benchmarks" / "submissions", folder / "benchmarks" / "submissions")
    _other_network(folder)
    _clip(folder / "clip.mp4")
    program = folder / "bin" / "blindsr"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m blindsr "$@"\n')
    program.chmod(0o755)
    words = ["blindsr", "condition", "photos/", "-o", "camera.json", "-m", "cmdsr_x4.photo"]
    subprocess.run(words, cwd=folder, env=environment(folder), check=True, capture_output=True)
    return folder


def _other_network(folder: Path) -> None:
    """A file as other authors publish them."""
    spandrel = pytest.importorskip("spandrel.architectures.Compact")
    network = spandrel.Compact(num_feat=8, num_conv=2)
    (folder / "models").mkdir()
    for place in ("4x-model.safetensors", "models/4x-model.safetensors"):
        save_file({key: 0.1 * torch.ones_like(value) for key, value in network.state_dict().items()}, folder / place)


def _clip(path: Path) -> None:
    av = pytest.importorskip("av")
    with av.open(str(path), "w") as output:
        video = output.add_stream("libx264", rate=25)
        video.width, video.height, video.pix_fmt = 48, 32, "yuv420p"
        for index in range(4):
            pixels = np.full((32, 48, 3), 90 + index, np.uint8)
            output.mux(video.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        output.mux(video.encode(None))


@pytest.fixture
def place(template: Path, tmp_path: Path) -> Path:
    """A folder of those files for one page."""
    folder = tmp_path / "page"
    shutil.copytree(template, folder)
    if data := os.environ.get("BLINDSR_DATA"):
        (folder / "bench").symlink_to(Path(data) / "bench")
    return folder


def environment(place: Path) -> dict[str, str]:
    path = f"{place / 'bin'}:{os.environ['PATH']}"
    stand_ins = ROOT / "tests" / "stand_ins"
    return {
        **os.environ,
        "PATH": path,
        "PYTHONPATH": f"{ROOT / 'src'}:{stand_ins}",
        "OMP_NUM_THREADS": "1",
        "HOME": str(place),
    }


@pytest.mark.parametrize("page", [page for page in PAGES if commands(page)], ids=name)
def test_commands_run(page: Path, place: Path) -> None:
    for command in commands(page):
        if reason(command):
            continue
        text = smaller(command.text)
        if re.match(r"blindsr serve", text):
            _serve(text, place)
            continue
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", text],
            cwd=place,
            env=environment(place),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{text}\n{done.stderr}"


def reason(command: Line) -> str:
    """Why a command is not run here, if it is not."""
    if re.search(_NEEDS_DATA, command.text) and not os.environ.get("BLINDSR_DATA"):
        return "needs the published test images"
    return next((why for pattern, why in NOT_RUN.items() if re.search(pattern, command.text)), "")


def smaller(text: str) -> str:
    """A command for small images, which replaces what an earlier one of the page wrote."""
    for pattern, replacement in SMALLER:
        text = re.sub(pattern, replacement, text)
    if "--skip-existing" in text or " - " in text:
        return text
    return re.sub(r"blindsr (upscale|degrade|evaluate|condition|export|benchmark \w+|inspect \w+)\b", _overwrite, text)


def _overwrite(found: re.Match[str]) -> str:
    takes = found[1] not in {"benchmark list", "inspect compare"}
    return f"{found[0]} --overwrite" if takes else found[0]


def _serve(text: str, place: Path) -> None:
    """Start the server, and end it when it answers."""
    words = f"exec {text} --port 0 --state state"
    with subprocess.Popen(
        ["bash", "-c", words], cwd=place, env=environment(place), stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        try:
            address = next(found[0] for line in server.stdout if (found := re.search(r"http://127.0.0.1:\d+", line)))
            _wait_for(f"{address}/healthz")
        finally:
            server.send_signal(signal.SIGTERM)
        assert server.wait(60) == 128 + signal.SIGTERM


def _wait_for(address: str) -> None:
    for _ in range(120):
        with suppress(urllib.error.URLError):
            assert urllib.request.urlopen(address, timeout=30).status == 200
            return
        time.sleep(0.5)
    pytest.fail(f"{address} does not answer")


def blocks() -> list[Any]:
    found = []
    for page in PAGES:
        for number, code in enumerate(python(page)):
            reasons = (why for part, why in _NO_PYTHON.items() if re.search(part, code) or part == name(page))
            why = next(reasons, "")
            marks = [pytest.mark.skip(reason=why)] if why else []
            found.append(pytest.param(code, id=f"{name(page)} {number}", marks=marks))
    return found


@pytest.mark.parametrize("code", blocks())
def test_python_runs(code: str, place: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=place, env=environment(place), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_reasons_are_of_commands_that_there_are() -> None:
    every = [command.text for page in PAGES for command in commands(page)]
    for pattern in NOT_RUN:
        assert any(re.search(pattern, text) for text in every), pattern
