"""One table of formats: what it says holds for what is written and read."""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast, get_args

import numpy as np
import pytest
import torch

from blindsr import Options, images, restore_file
from blindsr.errors import BlindSRError, Code
from blindsr.images import formats
from blindsr.images.formats import FORMATS, PictureFormat, written_suffix
from blindsr.images.pages import check_pixels
from blindsr.images.picture import Format, from_samples
from blindsr.pipeline.planning.plan import Naming, plan


def test_every_format_has_one_row_and_every_extension_one_format() -> None:
    assert sorted(row.name for row in FORMATS) == sorted(get_args(Format))
    every = [suffix for row in FORMATS for suffix in (*row.suffixes, *row.aliases)]
    assert len(every) == len(set(every)) == len(formats.READ)
    assert images.SUFFIXES == set(formats.WRITTEN) < formats.READ


@pytest.mark.parametrize("row", [row for row in FORMATS if row.name != "heic"], ids=lambda row: row.name)
def test_each_extension_is_written_as_its_format(tmp_path: Path, row: PictureFormat) -> None:
    pixels = torch.rand(3, 6, 5, generator=torch.Generator().manual_seed(0))
    picture = images.Picture(pixels, alpha=torch.full((1, 6, 5), 0.5), metadata=images.Metadata(bits=16))
    for suffix in row.suffixes:
        images.write(picture, tmp_path / f"a{suffix}")
        back = images.read(tmp_path / f"a{suffix}")
        assert back.metadata.format == row.name
        assert back.metadata.bits == min(16, row.bits)
        assert (back.alpha is None) != row.alpha


@pytest.mark.parametrize("row", [row for row in FORMATS if row.longest], ids=lambda row: row.name)
def test_longer_sides_are_refused(tmp_path: Path, row: PictureFormat) -> None:
    assert row.longest is not None
    images.check_sides(tmp_path / f"a{row.suffixes[0]}", row.longest, 1)
    with pytest.raises(BlindSRError, check=Code.CANNOT_WRITE.matches):
        images.check_sides(tmp_path / f"a{row.suffixes[0]}", 1, row.longest + 1)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (".JPG", ".JPG"),
        (".jfif", ".jfif"),
        (".jif", ".jpg"),
        (".pbm", ".ppm"),
        (".APNG", ".png"),
        (".txt", None),
        ("", None),
    ],
)
def test_a_result_keeps_its_extension_or_takes_the_usual_one(given: str, expected: str | None) -> None:
    assert written_suffix(given) == expected


def _read_farbfeld(file: BinaryIO, path: Path, max_pixels: int) -> images.Picture:
    file.seek(0)
    data = file.read()
    width, height = struct.unpack(">II", data[8:16])
    check_pixels(path, width, height, max_pixels)
    samples = np.frombuffer(data, ">u2", offset=16).astype(np.uint16).reshape(height, width, 4)
    return from_samples(samples, images.Metadata(format=FARBFELD))


def _encode_farbfeld(samples: Any, *_: object) -> bytes:
    height, width = samples.shape[:2]
    rgba = np.full((height, width, 4), 65535, ">u2")
    rgba[..., : samples.shape[2]] = samples
    return b"farbfeld" + struct.pack(">II", width, height) + rgba.tobytes()


FARBFELD = cast("Format", "farbfeld")


@pytest.fixture
def farbfeld() -> None:
    formats.register(
        PictureFormat(
            FARBFELD,
            (".ff",),
            lambda data: data.startswith(b"farbfeld"),
            reader=_read_farbfeld,
            encoder=_encode_farbfeld,
            bits=16,
            profile=False,
        )
    )


@pytest.fixture(autouse=True)
def _unchanged_table() -> Iterator[None]:
    rows, written, found = list(formats.FORMATS), dict(formats.WRITTEN), set(formats.READ)
    yield
    formats.FORMATS[:] = rows
    for table, before in ((formats.WRITTEN, written), (formats.READ, found)):
        table.clear()
        table.update(before)  # type: ignore[arg-type]


@pytest.mark.usefixtures("farbfeld")
def test_a_new_format_is_one_row(tmp_path: Path) -> None:
    pixels = torch.rand(3, 6, 5, generator=torch.Generator().manual_seed(0))
    (tmp_path / "in").mkdir()
    images.write(images.Picture(pixels, metadata=images.Metadata(bits=16)), tmp_path / "in" / "a.ff")
    back = images.read(tmp_path / "in" / "a.ff")
    torch.testing.assert_close(back.pixels, pixels, atol=1 / 65535, rtol=0)
    assert back.metadata.bits == 16

    (job,) = plan([tmp_path / "in"], str(tmp_path / "out"), Naming(2))
    assert Path(job.target).suffix == ".ff"
    outcome = restore_file(job.source, job.target, Options(model="bicubic_x2", native=1))
    assert outcome.error is None
    assert images.read(Path(job.target)).width == 10
    with pytest.raises(BlindSRError, check=Code.TOO_LARGE.matches):
        images.read(tmp_path / "in" / "a.ff", max_pixels=10)
