"""Weights on a stand-in of the Hugging Face Hub, which runs here."""

import base64
import hashlib
import json
import os
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar

import pytest
import torch
import yaml

import blindsr
from blindsr import weights
from blindsr.contract import Method
from blindsr.errors import BlindSRError, Code
from blindsr.methods.mrda.model import MRDA, MRDAConfig
from blindsr.weights import hub

pytest.importorskip("huggingface_hub", reason="needs the extra hub")


class _Hub(BaseHTTPRequestHandler):
    """Repositories in memory; a commit's name is a hash of what it holds."""

    commits: ClassVar[dict[str, dict[str, bytes]]] = {}
    latest: ClassVar[str] = ""

    def do_HEAD(self) -> None:
        self._serve(body=False)

    def do_GET(self) -> None:
        self._serve(body=True)

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        data = self.rfile.read(length) if length else b""
        if self.path.endswith("/api/repos/create"):
            self._json({"url": f"{os.environ['HF_ENDPOINT']}/user/model", "name": "user/model"})
        elif "/preupload/" in self.path:
            names = [one["path"] for one in json.loads(data)["files"]]
            self._json({"files": [{"path": n, "uploadMode": "regular", "shouldIgnore": False} for n in names]})
        elif "/commit/" in self.path:
            lines = [json.loads(line) for line in data.splitlines()]
            files = {
                one["value"]["path"]: base64.b64decode(one["value"]["content"]) for one in lines if one["key"] == "file"
            }
            name = hashlib.sha1(b"".join(files.values())).hexdigest()
            _Hub.commits[name], _Hub.latest = files, name
            self._json(
                {
                    "commitUrl": f"{os.environ['HF_ENDPOINT']}/user/model/commit/{name}",
                    "commitOid": name,
                    "success": True,
                }
            )
        else:
            self._json({})

    def _serve(self, *, body: bool) -> None:
        parts = self.path.split("?")[0].split("/")
        if "resolve" not in parts:
            self._json({"id": "user/model", "sha": _Hub.latest, "siblings": []})
            return
        revision, name = parts[parts.index("resolve") + 1], parts[-1]
        commit = _Hub.latest if revision == "main" else revision
        content = _Hub.commits.get(commit, {}).get(name)
        if content is None or parts[1:3] != ["user", "model"]:
            self.send_response(404)
            self.send_header("X-Error-Code", "EntryNotFound" if commit in _Hub.commits else "RevisionNotFound")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(200)
        for key, value in (("ETag", f'"{hashlib.sha1(content).hexdigest()}"'), ("X-Repo-Commit", commit)):
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if body:
            self.wfile.write(content)

    def _json(self, value: Any) -> None:
        data = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ThreadingHTTPServer]:
    _Hub.commits, _Hub.latest = {}, ""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Hub)
    Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
    for variable in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(variable, raising=False)
    yield server
    server.shutdown()
    server.server_close()


def _saved(folder: Path, seed: int) -> tuple[Path, weights.Card]:
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        method = MRDA(MRDAConfig(scale=2, channels=4, blocks=1, mln=4))
    config = method.config.model_dump(mode="json")
    provenance = {"validations": [{"stage": "student", "step": 1, "psnr": 25.334}]}
    card = weights.Card(name="mrda_x2.tiny", method="mrda", config=config, recipe={}, provenance=provenance)
    path = folder / "mrda_x2.tiny.safetensors"
    weights.save_weights(path, method, card)
    return path, card


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_there_and_back(server: ThreadingHTTPServer, tmp_path: Path) -> None:
    path, card = _saved(tmp_path, 0)
    assert hub.push_to_hub(path, card, "user/model", token="hf_none") == "hf://user/model"
    first = _Hub.latest
    _, data, text = _Hub.commits[first]["README.md"].decode().split("---\n", 2)
    page = yaml.safe_load(data)
    assert (page["license"], page["pipeline_tag"]) == ("apache-2.0", "image-to-image")
    assert page["model-index"][0]["results"][0]["metrics"] == [{"type": "psnr", "name": "PSNR-Y", "value": 25.33}]
    assert text.strip() == "# mrda_x2.tiny"
    lr = torch.rand(1, 3, 9, 9)
    loaded = blindsr.load("hf://user/model", device="cpu", precision="fp32")
    before = blindsr.load(path, device="cpu", precision="fp32")(lr)
    assert torch.equal(loaded(lr), before)
    path, card = _saved(tmp_path, 1)
    hub.push_to_hub(path, card, "user/model", token="hf_none")
    assert not torch.equal(blindsr.load("hf://user/model", device="cpu", precision="fp32")(lr), before)
    pinned = f"hf://user/model@{first}"
    assert torch.equal(blindsr.load(pinned, device="cpu", precision="fp32")(lr), before)
    server.shutdown()
    server.server_close()
    assert torch.equal(blindsr.load(pinned, device="cpu", precision="fp32")(lr), before), "from the cache"


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_method_from_the_hub(server: ThreadingHTTPServer, tmp_path: Path) -> None:
    folder = tmp_path / "downloaded"
    path, card = _saved(tmp_path, 0)
    hub.push_to_hub(path, card, "user/model", token="hf_none")
    first, wanted = _Hub.latest, weights.load_weights(path).method.state_dict()
    path, card = _saved(tmp_path, 1)
    hub.push_to_hub(path, card, "user/model", token="hf_none")
    folder.mkdir()
    (folder / hub.FILE).write_bytes(_Hub.commits[first][hub.FILE])
    pinned = MRDA.from_pretrained("user/model", revision=first)
    method: Method[Any]
    for method in (pinned, Method.from_pretrained(folder), Method.from_pretrained(f"hf://user/model@{first}")):
        assert isinstance(method, MRDA)
        assert not method.training
        assert all(torch.equal(value, wanted[name]) for name, value in method.state_dict().items())
    latest = Method.from_pretrained("user/model").state_dict()
    assert not all(torch.equal(value, wanted[name]) for name, value in latest.items())
    for name in ("cmdsr_x4.photo", f"hf://user/model@{first}"):
        with pytest.raises(BlindSRError, check=Code.INVALID_VALUE.matches):
            Method.from_pretrained(name, revision="v1")
    with pytest.raises(BlindSRError, check=Code.INCOMPATIBLE.matches):
        MRDA.from_pretrained("cmdsr_x4.photo")
    with pytest.raises(BlindSRError, check=Code.UNKNOWN_NAME.matches):
        Method.from_pretrained(tmp_path / "empty.safetensors")


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_refusals(server: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for address in ("hf://model", "hf://", "hf://a/b/c"):
        with pytest.raises(BlindSRError, check=Code.INVALID_VALUE.matches):
            weights.find_weights(address)
    for address in ("hf://user/model", "hf://user/other@v1", "hf://user/model:none.safetensors"):
        with pytest.raises(BlindSRError, check=Code.UNREACHABLE.matches) as caught:
            weights.find_weights(address)
        assert "\n" not in str(caught.value)
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(BlindSRError, check=Code.MISSING_DEPENDENCY.matches):
        weights.find_weights("hf://user/model")


def test_a_page_without_validations() -> None:
    card = weights.Card(name="a", method="mrda", config={"scale": 4}, recipe={}, provenance={})
    assert "model-index" not in hub.model_page(card, "# a\n")
