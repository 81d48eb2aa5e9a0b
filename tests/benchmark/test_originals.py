from pathlib import Path

import pytest
import torch

from blindsr import images
from blindsr.benchmark.originals import Item, Originals, Source, read_levels
from blindsr.benchmark.suite import Suite
from blindsr.errors import BlindSRError, Code


def test_originals_are_found_by_their_pixels(suite: Suite, data: Path) -> None:
    source = Source(suite, Originals.find([data]))
    case = suite.cases[0]
    assert [item.image for item in source.items(case, "Two")] == ["first", "second"]
    hr = source.hr(Item(case, "Two", "second"))
    assert hr.shape == (1, 3, 52, 64)
    assert torch.equal((hr[0] * 255).round().to(torch.uint8), read_levels(data / "somewhere" / "renamed_second.png"))
    assert source.lr(Item(case, "Two", "second")).shape == (3, 13, 16)


def test_other_pixels_are_no_original(suite: Suite, data: Path) -> None:
    path = data / "somewhere" / "renamed_first.png"
    changed = images.read(path).pixels.clone()
    changed[0, 0, 0] = 1 - changed[0, 0, 0]
    images.write(images.Picture(changed), path, overwrite=True)
    source = Source(suite, Originals.find([data]))
    with pytest.raises(BlindSRError, check=Code.FILE_NOT_FOUND.matches):
        source.hr(Item(suite.cases[0], "Two", "first"))


def test_folders_must_hold_images(tmp_path: Path) -> None:
    with pytest.raises(BlindSRError, check=Code.NO_IMAGES.matches):
        Originals.find([tmp_path])
    with pytest.raises(BlindSRError, check=Code.FILE_NOT_FOUND.matches):
        Originals.find([tmp_path / "missing"])
