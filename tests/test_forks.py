"""After a fork: what works, and what gives a sentence instead of waiting for ever."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

# The parent computes with two threads and decodes an image; the child does the same.
_PROGRAM = """
import json, os, signal, sys
import torch
from blindsr.errors import BlindSRError
from blindsr import images
from blindsr.inference import Bicubic, Upscaler

def compute():
    image = torch.rand(1, 3, 512, 512)
    Upscaler(Bicubic(2))(image)
    return [float(image.mul(2).sum() > 0), torch.get_num_threads()]

def tried(action, *arguments):
    try:
        action(*arguments)
    except BlindSRError as error:
        return str(error)
    return "done"

place = sys.argv[1] + "/a.png"
torch.set_num_threads(2)
parent = compute()
images.write(images.Picture(torch.rand(3, 64, 64)), place)
images.read(place)
reader, writer = os.pipe()
if os.fork() == 0:
    signal.alarm(60)
    picture = images.Picture(torch.rand(3, 8, 8))
    found = [compute(), tried(images.read, place), tried(images.write, picture, place), tried(images.read_file, place)]
    os.write(writer, json.dumps(found).encode())
    os._exit(0)
os.close(writer)
with os.fdopen(reader) as answer:
    print(answer.read())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
def test_a_forked_process_computes_with_one_thread_and_refuses_files(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _PROGRAM, str(tmp_path)], capture_output=True, text=True, check=True
    )
    computed, *tried = json.loads(ended.stdout)
    assert computed == [1.0, 1]
    assert len(tried) == 3
    assert all("spawn" in sentence for sentence in tried)
    assert list(tmp_path.iterdir()) == [tmp_path / "a.png"]
