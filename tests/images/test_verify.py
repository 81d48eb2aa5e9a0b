"""Files that were just written and may be cut short."""

from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from blindsr.images import Frames, Picture, write, write_frames
from blindsr.images.picture import Format
from blindsr.images.verify import verify

_SUFFIXES: dict[Format, str] = {"jpeg": ".jpg", "tiff": ".tif"}


def _noise(count: int = 1) -> list[np.ndarray[tuple[int, ...], np.dtype[np.uint8]]]:
    return list(np.random.default_rng(0).integers(0, 256, (count, 40, 60, 3), np.uint8))


@pytest.mark.parametrize("kind", get_args(Format))
def test_a_whole_file_passes_and_a_cut_one_does_not(tmp_path: Path, kind: Format) -> None:
    path = tmp_path / f"a{_SUFFIXES.get(kind, f'.{kind}')}"
    write(Picture.from_array(_noise()[0]), path)
    verify(path, kind, [(60, 40)])
    with pytest.raises(OSError, match="cannot be read again"):
        verify(path, kind, [(40, 60)])
    data = path.read_bytes()
    for share in (0, 0.1, 0.5, 0.9):
        path.write_bytes(data[: int(share * len(data))])
        with pytest.raises(OSError, match="cannot be read again"):
            verify(path, kind, [(60, 40)])


@pytest.mark.parametrize("name", ["a.gif", "a.png", "a.webp", "a.tif"])
def test_every_frame_is_looked_at(tmp_path: Path, name: str) -> None:
    path, kind = tmp_path / name, _kind(name)
    write_frames(Frames(_noise(3), durations=(50, 50, 50)), path)
    verify(path, kind, [(60, 40)] * 3)
    data = path.read_bytes()
    path.write_bytes(data[: int(0.9 * len(data))])
    with pytest.raises(OSError, match="cannot be read again"):
        verify(path, kind, [(60, 40)] * 3)


def test_frames_that_do_not_differ_may_be_joined(tmp_path: Path) -> None:
    for name in ("a.gif", "a.png", "a.webp"):
        write_frames(Frames(_noise(1) * 3, durations=(50, 50, 50)), tmp_path / name)
        verify(tmp_path / name, _kind(name), [(60, 40)] * 3)


def test_a_missing_page(tmp_path: Path) -> None:
    write_frames(Frames(_noise(2)), tmp_path / "a.tif")
    with pytest.raises(OSError, match="cannot be read again"):
        verify(tmp_path / "a.tif", "tiff", [(60, 40)] * 3)


def _kind(name: str) -> Format:
    return {"gif": "gif", "png": "png", "webp": "webp", "tif": "tiff"}[name[2:]]  # type: ignore[return-value]
