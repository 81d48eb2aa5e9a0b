"""The door to libvips."""

from pathlib import Path

import numpy as np
import pytest
import pyvips

from blindsr import forks
from blindsr.errors import BlindSRError
from blindsr.images.codecs import vips


def test_bytes_and_paths_give_the_same_image(tmp_path: Path) -> None:
    samples = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    data = vips.from_array(samples).heifsave_buffer(compression="av1", lossless=True)
    path = tmp_path / "a.avif"
    path.write_bytes(data)
    images = [vips.load("avif", source).numpy() for source in (data, path)]
    assert images[0].shape == samples.shape
    assert np.array_equal(*images)
    assert vips.load("avif", path, access="sequential").width == 7


def test_damage_is_an_error() -> None:
    with pytest.raises(pyvips.Error):
        vips.load("png", b"no image")


def test_messages_that_are_not_utf8_are_read() -> None:
    message = pyvips.ffi.new("char[]", b"caf\xe9")
    assert pyvips._to_string(message) == pyvips.error._to_string(message) == "caf\ufffd"
    assert pyvips._to_string(pyvips.ffi.NULL) == ""
    pyvips.vips_lib.vips_error_clear()
    assert pyvips.Error("message").detail == ""


def test_a_process_that_was_forked_from_a_user_of_libvips_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forks, "_vips_process", 1)
    with pytest.raises(BlindSRError):
        vips.load("png", b"")
    with pytest.raises(BlindSRError):
        vips.from_array(np.zeros((1, 1), np.uint8))
