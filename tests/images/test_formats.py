"""One table of formats: what it says holds for what is written and read."""

from pathlib import Path
from typing import get_args

import pytest
import torch

from blindsr import images
from blindsr.errors import BlindSRError
from blindsr.images import formats
from blindsr.images.formats import FORMATS, PictureFormat, written_suffix
from blindsr.images.picture import Format


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
    with pytest.raises(BlindSRError, match=str(row.longest)):
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
