"""Files of a size that Pillow warns of or refuses are ours to judge."""

import struct
from pathlib import Path
from threading import Event, Thread

import pytest
from PIL import Image

from blindsr.errors import BlindSRError, Code
from blindsr.images import read
from blindsr.images.codecs.header import any_size
from blindsr.images.codecs.jpeg import jpeg_quality
from blindsr.images.pages import pages

SIZES = [(12_000, 8_000), (20_000, 15_000)]
"""Above the size at which Pillow warns, and above that at which it refuses."""


@pytest.mark.parametrize("size", SIZES)
def test_large_files_are_looked_at_without_a_warning(tmp_path: Path, size: tuple[int, int]) -> None:
    width, height = size
    Image.new("RGB", (8, 8)).save(tmp_path / "a.jpg", quality=80)
    jpeg = bytearray((tmp_path / "a.jpg").read_bytes())
    at = jpeg.index(b"\xff\xc0") + 5  # in the frame's header, behind its length and depth
    jpeg[at : at + 4] = struct.pack(">HH", height, width)
    (tmp_path / "a.jpg").write_bytes(jpeg)
    assert jpeg_quality(tmp_path / "a.jpg") == 80
    frames = [Image.new("RGB", (8, 8), color) for color in ("red", "blue")]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    gif = bytearray((tmp_path / "a.gif").read_bytes())
    gif[6:10] = struct.pack("<HH", width, height)
    (tmp_path / "a.gif").write_bytes(gif)
    assert pages(tmp_path / "a.gif", "gif") == [0, 1]
    (tmp_path / "a.ppm").write_bytes(b"P6 %d %d 255\n" % size)
    with pytest.raises(BlindSRError, check=Code.TOO_LARGE.matches):
        read(tmp_path / "a.ppm", max_pixels=1000)


def test_pillow_gets_its_own_limit_back() -> None:
    before, within = Image.MAX_IMAGE_PIXELS, []

    def broken() -> None:
        with any_size():
            within.append(Image.MAX_IMAGE_PIXELS)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken()
    assert (within, Image.MAX_IMAGE_PIXELS) == ([None], before)


def test_threads_take_turns_with_it() -> None:
    """Without turns, the second would take the first's lifted limit for Pillow's own."""
    before, inside, leave = Image.MAX_IMAGE_PIXELS, Event(), Event()

    def first() -> None:
        with any_size():
            inside.set()
            leave.wait(10)

    def second() -> None:
        with any_size():
            pass

    threads = [Thread(target=first), Thread(target=second)]
    threads[0].start()
    assert inside.wait(10)
    threads[1].start()
    threads[1].join(0.1)
    assert threads[1].is_alive()
    leave.set()
    for thread in threads:
        thread.join(10)
    assert before == Image.MAX_IMAGE_PIXELS
