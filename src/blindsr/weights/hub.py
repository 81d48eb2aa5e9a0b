"""Weights on the Hugging Face Hub: ``hf://user/model``, ``hf://user/model@revision``, ``hf://user/model:file``."""

import os
import re
import tempfile
from pathlib import Path
from typing import Any

from blindsr.errors import BlindSRError, Code
from blindsr.weights.card import Card

SCHEME = "hf://"
FILE = "model.safetensors"
"""Name of the weights file in a repository."""
_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")
_ADDRESS = re.compile(r"hf://([\w.-]+/[\w.-]+)(?:@([\w./-]+?))?(?::(.+))?")


def download(address: str) -> Path:
    """Download weights, or find them in the cache of `huggingface_hub`, which also works offline.

    Args:
        address: ``hf://user/model``, ``hf://user/model@revision`` or ``hf://user/model:file.safetensors``.

    Raises:
        BlindSRError: `huggingface_hub` is not installed, or the address is invalid or cannot be reached.
    """
    match = _ADDRESS.fullmatch(address)
    if match is None:
        raise BlindSRError(
            f"expected hf://user/model, optionally with @revision and :file, got {address!r}", Code.INVALID_VALUE
        )
    repository, revision, file = match.groups()
    hub = _hub()
    try:
        found = hub.hf_hub_download(
            repository, file or FILE, revision=revision, endpoint=os.environ.get("HF_ENDPOINT"), library_name="blindsr"
        )
    except (
        hub.errors.HfHubHTTPError,
        hub.errors.LocalEntryNotFoundError,
        hub.errors.HFValidationError,
        OSError,
    ) as error:
        raise BlindSRError(f"{address} cannot be fetched: {_sentence(error)}", Code.UNREACHABLE) from None
    return Path(found)


def location(name: str | Path, revision: str | None = None) -> str | Path:
    """Convert a name as libraries of the Hub use it to one that `find_weights` takes.

    Args:
        name: ``user/model``, a folder with its files, or a name, path or address that `find_weights` takes.
        revision: branch, tag or commit on the Hub.

    Raises:
        BlindSRError: a revision was given, but the name is not one on the Hub.
    """
    if Path(name).is_dir() and revision is None:
        return Path(name) / FILE
    text = str(name).removeprefix(SCHEME)
    file = Path(name).is_file() or text.endswith(Path(FILE).suffix)
    on_hub = str(name).startswith(SCHEME) or (_REPOSITORY.fullmatch(text) is not None and not file)
    if revision is not None and (not on_hub or "@" in text):
        raise BlindSRError(f"a revision requires a name user/model on the Hub, got {str(name)!r}", Code.INVALID_VALUE)
    if not on_hub:
        return name
    repository, colon, chosen = text.partition(":")
    return f"{SCHEME}{repository}{f'@{revision}' if revision else ''}{colon}{chosen}"


def push_to_hub(path: Path, card: Card, repository: str, *, token: str | None = None, private: bool = False) -> str:
    """Upload weights with a model card.

    Args:
        path: weights file written by blindsr.
        card: card of the file.
        repository: ``user/model``; created if necessary.
        token: access token; that of ``hf auth login`` if not given.
        private: whether a new repository is private.

    Returns:
        The address for `blindsr.load`.

    Raises:
        BlindSRError: `huggingface_hub` is not installed, or the Hub refuses.
    """
    hub = _hub()
    api = hub.HfApi(endpoint=os.environ.get("HF_ENDPOINT"), token=token)
    page = path.with_suffix(".md")
    text = model_page(card, page.read_text(encoding="utf-8") if page.is_file() else f"# {card.name}\n")
    try:
        api.create_repo(repository, private=private, exist_ok=True)
        with tempfile.TemporaryDirectory() as folder:
            readme = Path(folder, "README.md")
            readme.write_text(text, encoding="utf-8")
            operations = [
                hub.CommitOperationAdd("README.md", str(readme)),
                hub.CommitOperationAdd(FILE, str(path)),
            ]
            api.create_commit(repository, operations, commit_message=f"Weights {card.name}")
    except (hub.errors.HfHubHTTPError, hub.errors.HFValidationError, OSError, ValueError) as error:
        raise BlindSRError(f"{repository} cannot be written: {_sentence(error)}", Code.UNREACHABLE) from None
    return f"{SCHEME}{repository}"


def model_page(card: Card, text: str) -> str:
    """Return the model card: metadata for the Hub with the PSNR of the last validation, and the description."""
    import yaml  # noqa: PLC0415  # takes time, and loading needs none

    scale = card.config.get("scale")
    data: dict[str, Any] = {
        "license": card.licence.lower(),
        "library_name": "blindsr",
        "pipeline_tag": "image-to-image",
        "tags": ["super-resolution", "image-restoration", card.method],
    }
    validations = card.provenance.get("validations") or []
    if validations and "psnr" in validations[-1]:
        result = {
            "task": {"type": "image-to-image", "name": f"Blind super-resolution x{scale}"},
            "dataset": {"type": "validation", "name": "held-out training images"},
            "metrics": [{"type": "psnr", "name": "PSNR-Y", "value": round(float(validations[-1]["psnr"]), 2)}],
        }
        data["model-index"] = [{"name": card.name, "results": [result]}]
    return f"---\n{yaml.safe_dump(data, sort_keys=False)}---\n\n{text}"


def _hub() -> Any:
    try:
        import huggingface_hub.errors  # noqa: PLC0415  # an extra
    except ImportError as error:
        raise BlindSRError(
            f"hf:// addresses require an additional library ({error}): pip install 'blindsr[hub]'",
            Code.MISSING_DEPENDENCY,
        ) from None
    return huggingface_hub


def _sentence(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
