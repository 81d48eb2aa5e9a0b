import pickle
from pathlib import Path

import pytest

from blindsr.errors import BlindSRError, Code, suggestion
from blindsr.files import OutputExistsError
from blindsr.inference.progress import CancelledError

_DOCUMENT = Path(__file__).parents[1] / "docs/errors.md"


def test_a_code_is_its_string() -> None:
    error = BlindSRError("no", Code.FILE_NOT_FOUND)
    assert error.code == "file-not-found"
    assert str(error) == "no"


def test_documentation_lists_each_code() -> None:
    listed = [line.split("`")[1] for line in _DOCUMENT.read_text().splitlines() if line.startswith("| `")]
    assert listed == list(Code)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (BlindSRError("no", Code.TOO_LARGE), "too-large"),
        (OutputExistsError("a.png"), "file-exists"),
        (CancelledError("stopped"), "cancelled"),
    ],
)
def test_codes_survive_a_process_boundary(error: BlindSRError, code: str) -> None:
    restored = pickle.loads(pickle.dumps(error))
    assert (type(restored), str(restored), restored.code) == (type(error), str(error), code)


def test_only_similar_names_are_suggested() -> None:
    known = ["cmdsr-middle", "mzsr-table-5"]
    assert suggestion("cmdsr-midle", known) == " (did you mean 'cmdsr-middle'?)"
    assert suggestion("nope", known) == suggestion("nope", []) == ""
    assert suggestion(False, ["false"]) == " (did you mean 'false'?)"  # a key of YAML
