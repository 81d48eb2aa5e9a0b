"""The card of the front page is what the program says of its photograph."""

import json
import re
from pathlib import Path

from blindsr.analysis.report import analyze
from blindsr.images import read

ROOT = Path(__file__).parents[2]


def test_the_card_is_that_of_the_photograph() -> None:
    found = json.loads(json.dumps(analyze(read(ROOT / "examples" / "temple_phone.png")).to_dict()))
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    card = dict(re.findall(r"^\| (blur|noise|JPEG|true resolution) \| (.*) \|$", text, re.MULTILINE))
    assert card["blur"].startswith(f"{found['blur']['width']:.1f} pixels")
    grain = found["noise in detail"]["grain"]
    assert card["noise"].startswith(f"{max(found['noise']):.0f} of 255, {grain:.0%} of it")
    assert (card["JPEG"] == "no traces") == (found["jpeg"] is None)
    assert card["true resolution"].startswith(f"{found['native']:.0%} of its pixels")
