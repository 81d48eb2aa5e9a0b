"""What is to be cited, in both forms."""

import re
from pathlib import Path

import yaml

import blindsr

ROOT = Path(__file__).parents[2]
REPORT = (ROOT / "docs" / "how-to-report.md").read_text(encoding="utf-8")


def test_versions_and_titles_agree() -> None:
    stored = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert stored["version"] == blindsr.__version__
    assert f"version = {{{blindsr.__version__}}}" in REPORT
    titles = re.findall(r"^  title\s*= \{(.*)\}", REPORT, re.MULTILINE)
    assert titles == [stored["title"], *(one["title"] for one in stored["references"])]
    for one in stored["references"]:
        for author in one["authors"]:
            assert f"{author['family-names']}, {author['given-names']}" in REPORT
