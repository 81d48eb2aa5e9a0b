import re
from pathlib import Path

import pytest
import torch
from PIL import Image

from blindsr import images
from blindsr.benchmark import page
from blindsr.benchmark.originals import Originals, Source
from blindsr.benchmark.page import Cell
from blindsr.benchmark.score import Subject, available_cases, evaluate_results
from blindsr.benchmark.submission import Interval, Program, Run
from blindsr.benchmark.suite import Suite
from blindsr.errors import BlindSRError, Code


def test_a_page_has_all_its_images_and_loads_nothing_from_elsewhere(suite: Suite, data: Path, tmp_path: Path) -> None:
    source = Source(suite, Originals.find([data]))
    for item in source.items(suite.cases[0], "Two"):
        path = tmp_path / "sr" / "blurred" / "Two" / f"{item.image}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        images.write(images.Picture(torch.full((3, *source.hr(item).shape[2:]), 0.5)), path)
    program = Program(name="<b>gray</b>", url="javascript:alert(1)", note="a & b", parameters=1234)
    run = Run(command="x < y", hardware="none", seconds=10, processor_seconds=5, megapixels=2.5, memory=2**21)
    made = evaluate_results(
        source, available_cases(suite.select(), tmp_path / "sr"), Subject(tmp_path / "sr", program, run)
    )
    path = page.write_page(source, made, tmp_path / "sr", tmp_path / "page", each=1)
    text = path.read_text()
    assert "<b>" not in text
    assert "javascript:" not in text
    assert "&lt;b&gt;gray&lt;/b&gt; on small-1" in text
    assert "Time: 10.0 s, 4.00 s for a megapixel" in text
    assert "Processor time: 5.0 s, 2.00 s for a megapixel" in text
    assert "2 MiB" in text
    assert not re.search(r"(src|href)=\"?(https?:)?//", text)
    names = re.findall(r'images/([^"]+)', text)
    assert sorted(names) == sorted(one.name for one in (tmp_path / "page" / "images").iterdir())
    for name in names:
        with Image.open(tmp_path / "page" / "images" / name) as image:
            assert image.size == (56, 48)
    with pytest.raises(BlindSRError, check=Code.FILE_EXISTS.matches):
        page.write_page(source, made, tmp_path / "sr", tmp_path / "page")


def test_cells_carry_what_they_are_sorted_by() -> None:
    text = page.html_table(
        ["a", "b"], [[Cell("x", "x"), page.interval_cell(Interval(mean=30.126, low=29, high=31), "psnr")]]
    )
    assert '<td data-value="30.126">30.13<small>29.00 to 31.00</small></td>' in text
    assert page.interval_cell(None, "psnr").text == "-"
    assert page.heading("lpips", "LPIPS").endswith("↓")
    assert page.heading("ssim", "SSIM").endswith("↑")
    assert page.link("p", "https://a.b") == '<a href="https://a.b">p</a>'
