from pathlib import Path

import pytest
import torch

from blindsr import images
from blindsr.benchmark.originals import Originals, Source, read_levels
from blindsr.benchmark.prepare import check, prepare
from blindsr.benchmark.suite import Suite
from blindsr.errors import BlindSRError, Code


def test_images_are_written_and_checked(suite: Suite, data: Path, tmp_path: Path) -> None:
    told: list[str] = []
    source = Source(suite, Originals.find([data]))
    count = prepare(source, suite.select(), tmp_path / "lr", notice=told.append)
    assert count == 6
    assert told[0] == "blurred: Two, 2 images"
    item = source.items(suite.cases[2], "Two")[0]
    assert torch.equal(read_levels(tmp_path / "lr" / "posted" / "Two" / "first.png"), source.lr(item))
    assert prepare(source, suite.select(), tmp_path / "lr") == 6  # the same images may be there


def test_another_image_is_not_replaced(suite: Suite, data: Path, tmp_path: Path) -> None:
    source, chosen = Source(suite, Originals.find([data])), suite.select(["halved"])
    prepare(source, chosen, tmp_path / "lr")
    path = tmp_path / "lr" / "halved" / "Two" / "first.png"
    images.write(images.Picture(torch.zeros(3, 24, 28)), path, overwrite=True)
    with pytest.raises(BlindSRError, check=Code.FILE_EXISTS.matches):
        prepare(source, chosen, tmp_path / "lr")
    prepare(source, chosen, tmp_path / "lr", overwrite=True)
    assert torch.equal(read_levels(path), source.lr(source.items(chosen[0][0], "Two")[0]))


def test_other_sums_are_refused(suite: Suite) -> None:
    with pytest.raises(BlindSRError, check=Code.IMPLAUSIBLE_RESULT.matches):
        check(suite.cases[0], "Two", ["0" * 64, "1" * 64])
