from pathlib import Path

import pytest
from PIL import Image

from blindsr.images.quality import jpeg_quality


@pytest.mark.parametrize("quality", [1, 10, 50, 75, 90, 95, 100])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_the_quality_that_a_file_was_written_with(tmp_path: Path, quality: int, mode: str) -> None:
    Image.new(mode, (20, 9)).save(tmp_path / "a.jpg", quality=quality)
    assert jpeg_quality(tmp_path / "a.jpg") == quality


def test_other_files_have_none(tmp_path: Path) -> None:
    Image.new("RGB", (20, 9)).save(tmp_path / "a.png")
    (tmp_path / "b.jpg").write_text("no image")
    assert [jpeg_quality(tmp_path / name) for name in ("a.png", "b.jpg", "missing.jpg")] == [None, None, None]


def test_the_only_table_may_have_any_number(tmp_path: Path) -> None:
    Image.new("L", (20, 9)).save(tmp_path / "a.jpg", quality=60)
    data = bytearray((tmp_path / "a.jpg").read_bytes())
    data[data.index(b"\xff\xdb") + 4] = 1  # the number of the table
    frame = data.index(b"\xff\xc0")
    data[frame + 12] = 1  # that of the component
    (tmp_path / "b.jpg").write_bytes(bytes(data))
    assert jpeg_quality(tmp_path / "b.jpg") == 60
