"""Networks of other architectures under our engine, with random weights, made by spandrel's own classes."""

import json
import os
import pickle
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from blindsr import Options, Picture, read, restore_file, weights, write
from blindsr.errors import BlindSRError, Code
from blindsr.inference import Upscaler
from blindsr.inference.community import Community, load_community, measure_activations
from blindsr.inference.load import load
from blindsr.inference.named import load_method
from blindsr.pipeline.export import export

pytest.importorskip("spandrel", reason="needs the extra community")
# Of spandrel's networks: torch.meshgrid without an indexing, and layers without elements
pytestmark = pytest.mark.filterwarnings("ignore:torch.meshgrid:UserWarning", "ignore:Initializing zero:UserWarning")

Make = Callable[[], nn.Module]


def _made(folder: str, name: str | None = None, **how: Any) -> Make:
    def make() -> nn.Module:
        module: nn.Module = getattr(import_module(f"spandrel.architectures.{folder}"), name or folder)(**how)
        return module

    return make


_SWIN: dict[str, Any] = {
    "embed_dim": 12,
    "depths": [2],
    "num_heads": [2],
    "mlp_ratio": 2,
    "upscale": 2,
    "upsampler": "pixelshuffle",
}
# Scale and channels, and how it is made
NETWORKS: dict[str, tuple[int, Make]] = {
    "Compact": (4, _made("Compact", num_feat=8, num_conv=2)),
    "ESRGAN": (4, _made("ESRGAN", num_filters=8, num_blocks=1)),
    "SPAN": (4, _made("SPAN", num_in_ch=3, num_out_ch=3, feature_channels=8)),
    "SwinIR": (2, _made("SwinIR", window_size=8, img_size=16, **_SWIN)),
    "HAT": (2, _made("HAT", window_size=8, img_size=16, **_SWIN | {"embed_dim": 30})),
    "RCAN": (2, _made("RCAN", scale=2, n_resgroups=1, n_resblocks=1, n_feats=16)),
    "PLKSR": (4, _made("PLKSR", "RealPLKSR", dim=16, n_blocks=1)),
    "OmniSR": (2, _made("OmniSR", num_feat=16, up_scale=2)),
    "SAFMN": (4, _made("SAFMN", dim=12, n_blocks=1)),
    "MoSR": (2, _made("MoSR", upscale=2, n_block=1, dim=16)),
    "RealCUGAN": (2, _made("RealCUGAN", "UpCunet2x")),
    "FDAT": (2, _made("FDAT", scale=2, embed_dim=16, num_groups=1, depth_per_group=1, num_heads=2, mid_dim=8)),
    "NAFNet": (1, _made("NAFNet", width=8, enc_blk_nums=[1, 1], dec_blk_nums=[1, 1])),
    "SCUNet": (1, _made("SCUNet", config=[1] * 7, dim=64)),
    "DRUNet": (1, _made("DRUNet", in_nc=4, out_nc=3, nc=[8, 8, 8, 8], nb=2)),
    "DnCNN": (1, _made("DnCNN", nc=8, nb=4)),
}


def _file(folder: Path, name: str) -> Path:
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        network = NETWORKS[name][1]()
    path = folder / f"{name}.safetensors"
    save_file({key: value.contiguous() for key, value in network.state_dict().items()}, path)
    return path


def _image(height: int, width: int) -> Tensor:
    return torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("name", NETWORKS)
def test_architectures_give_what_spandrel_gives(name: str, tmp_path: Path) -> None:
    from spandrel import ImageModelDescriptor, ModelLoader

    path, lr = _file(tmp_path, name), _image(19, 22)
    network = load_method(path)
    assert isinstance(network, Community)
    assert network.traits.scale == NETWORKS[name][0]
    assert name.lower() in network.config.architecture.lower().replace(" ", "")
    known = ModelLoader().load_from_file(path)
    assert isinstance(known, ImageModelDescriptor)
    with torch.no_grad():
        parts = lr.clone().split(network.config.channels, 1)  # some write into their images
        wanted = torch.cat([known(one) for one in parts], 1)
        found = network.restore(lr, None)
    assert torch.equal(lr, _image(19, 22))
    assert (found.clamp(0, 1) - wanted).abs().max() < 1e-5
    assert found.requires_grad is False
    assert not found.is_inference()


@pytest.mark.parametrize("name", ["Compact", "ESRGAN", "PLKSR"])
def test_other_runtimes_and_exports(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("onnxruntime", reason="needs the extra onnx")
    monkeypatch.setenv("BLINDSR_CACHE", str(tmp_path / "cache"))
    path, lr = _file(tmp_path, name), _image(19, 22)
    alike = [load(path, device="cpu", precision="fp32", runtime=runtime)(lr) for runtime in ("torch", "onnxruntime")]
    assert (alike[0] - alike[1]).abs().max() < 1 / 255
    made = export(path, tmp_path / "out")
    description = json.loads((tmp_path / "out" / f"{name}.json").read_text())
    assert description["smallest"] == (2 if name == "ESRGAN" else 1)
    assert [one.name for one in made.paths] == [f"{name}.onnx", f"{name}.json"]


def test_networks_whose_graph_is_of_one_size_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("onnxruntime", reason="needs the extra onnx")
    monkeypatch.setenv("BLINDSR_CACHE", str(tmp_path / "cache"))
    path = _file(tmp_path, "RealCUGAN")
    with pytest.raises(BlindSRError, check=Code.INCOMPATIBLE.matches):
        load(path, device="cpu", precision="fp32", runtime="onnxruntime")
    with pytest.raises(BlindSRError, check=Code.INCOMPATIBLE.matches):
        export(path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["Compact", "SwinIR", "NAFNet"])
def test_sizes_and_tiles(name: str, tmp_path: Path) -> None:
    network = load_community(_file(tmp_path, name))
    upscaler = Upscaler(network, device="cpu", precision="fp32", guard=False)
    for height, width in ((1, 1), (3, 70)):
        assert upscaler(_image(height, width)).shape[-2:] == (height * upscaler.scale, width * upscaler.scale)
    if name == "NAFNet":  # its attention takes means of what it sees
        return
    lr = _image(90, 70)
    whole, tiled = upscaler(lr), Upscaler(network, device="cpu", precision="fp32", guard=False, tile=32)(lr)
    difference = (whole - tiled).abs()
    assert difference.max() < {"Compact": 1e-4, "SwinIR": 0.05}[name]


@pytest.mark.parametrize("name", ["Compact", "ESRGAN", "SwinIR"])
def test_memory_is_measured_by_shapes(name: str, tmp_path: Path) -> None:
    network = load_community(_file(tmp_path, name))
    held = measure_activations(network)
    assert 8 < held < 2000
    assert network.traits.floats_per_pixel == held
    assert next(network.parameters()).device.type == "cpu"
    wider = _made("ESRGAN", num_filters=32, num_blocks=1)()
    save_file(wider.state_dict(), tmp_path / "wide.safetensors")
    if name == "ESRGAN":
        assert 3 < load_community(tmp_path / "wide.safetensors").traits.floats_per_pixel / held < 5


def test_memory_is_measured_by_computing_where_shapes_do_not_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = load_community(_file(tmp_path, "Compact"))
    expected = measure_activations(network)

    def refuse(*_: Any) -> None:
        raise NotImplementedError

    monkeypatch.setattr(torch.func, "functional_call", refuse)
    assert measure_activations(network) == pytest.approx(expected, rel=0.1)


def test_files_of_torch_and_training_checkpoints(tmp_path: Path) -> None:
    state = NETWORKS["Compact"][1]().state_dict()
    content: Any
    for number, content in enumerate((state, {"params_ema": state, "iter": 5}, {"params": state, "params_ema": state})):
        path = tmp_path / f"4x-{number}.pth"
        torch.save(content, path)
        assert load_method(path).traits.scale == 4
    for content in ({"params": {**state, "epoch": 3}}, state | {"epoch": 3}, [1, 2], {}, {1: torch.zeros(1)}):
        torch.save(content, tmp_path / "no.pth")
        with pytest.raises(BlindSRError, check=Code.INVALID_FILE.matches):
            load_method(tmp_path / "no.pth")


class _Hostile:
    """Runs a command when it is unpickled."""

    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (self.command,)


@pytest.mark.parametrize("suffix", [".pth", ".pt", ".ckpt"])
@pytest.mark.parametrize("form", ["zip", "old", "pickle", "nested"])
def test_no_code_of_a_file_runs(suffix: str, form: str, tmp_path: Path) -> None:
    mark, path = tmp_path / "ran", tmp_path / f"hostile{suffix}"
    evil: Any = _Hostile(f"touch {mark}")
    state = NETWORKS["Compact"][1]().state_dict()
    if form == "pickle":
        path.write_bytes(pickle.dumps(evil))
    else:
        content = {"params": {**state, "body.0.weight": evil}} if form == "nested" else evil
        torch.save(content, path, _use_new_zipfile_serialization=form != "old")
    with pytest.raises(BlindSRError, check=Code.INVALID_FILE.matches):
        load_method(path)
    assert not mark.exists()
    pickle.loads(pickle.dumps(evil))
    assert mark.exists(), "the file was not hostile"


@pytest.mark.filterwarnings("ignore")
def test_scripts_of_torch_are_refused(tmp_path: Path) -> None:
    torch.jit.script(nn.Conv2d(3, 3, 3)).save(tmp_path / "script.pt")
    with pytest.raises(BlindSRError, check=Code.INVALID_FILE.matches):
        load_method(tmp_path / "script.pt")


def test_damaged_files(tmp_path: Path) -> None:
    data = bytearray(_torch_file(tmp_path).read_bytes())
    generator = np.random.default_rng(0)
    sentences = []
    for _ in range(60):
        torn = bytearray(data[: generator.integers(1, len(data))] if generator.random() < 0.3 else data)
        for place in generator.integers(0, len(torn), 8):
            torn[place] = generator.integers(256)
        (tmp_path / "torn.pth").write_bytes(torn)
        try:
            load_method(tmp_path / "torn.pth")
        except BlindSRError as error:
            sentences.append(str(error))
    assert len(sentences) > 20
    assert not any("\n" in sentence for sentence in sentences)


def _torch_file(folder: Path) -> Path:
    torch.save(NETWORKS["Compact"][1]().state_dict(), folder / "a.pth")
    return folder / "a.pth"


def test_networks_that_are_not_for_single_images(tmp_path: Path) -> None:
    save_file({"a.weight": torch.zeros(2, 2)}, tmp_path / "unknown.safetensors")
    with pytest.raises(BlindSRError, check=Code.INVALID_FILE.matches):
        load_method(tmp_path / "unknown.safetensors")
    state = NETWORKS["Compact"][1]().state_dict()
    save_file({**state, "body.0.weight": torch.zeros(5, 3, 3, 3)}, tmp_path / "misfit.safetensors")
    with pytest.raises(BlindSRError, check=Code.INVALID_FILE.matches):
        load_method(tmp_path / "misfit.safetensors")
    four = _made("Compact", num_in_ch=4, num_out_ch=4, num_feat=8, num_conv=2)()
    save_file(four.state_dict(), tmp_path / "four.safetensors")
    with pytest.raises(BlindSRError, check=Code.INVALID_FILE.matches):
        load_method(tmp_path / "four.safetensors")


def test_without_spandrel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _file(tmp_path, "Compact")
    monkeypatch.setitem(sys.modules, "spandrel", None)
    with pytest.raises(BlindSRError, check=Code.MISSING_DEPENDENCY.matches):
        load_method(path)


def test_a_folder_of_models_and_whole_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    models = tmp_path / "models"
    models.mkdir()
    network = NETWORKS["Compact"][1]()
    with torch.no_grad():  # the nearest pixel and little else, so that the result is that of its image
        for parameter in network.parameters():
            parameter.mul_(0.1)
    torch.save(network.state_dict(), models / "4x-Test.v1.pth")
    (models / "readme.txt").touch()
    monkeypatch.setenv("BLINDSR_MODELS", str(models))
    assert set(weights.in_folder()) == {"4x-Test.v1"}
    assert weights.find_weights("4x-Test.v1") == models / "4x-Test.v1.pth"
    photo = tmp_path / "photo.png"
    smooth = torch.linspace(0.2, 0.8, 20).expand(3, 18, 20)
    write(Picture(smooth + 0.02 * torch.rand(3, 18, 20)), photo)
    outcome = restore_file(photo, tmp_path / "x4.png", Options(model="4x-Test.v1", name="{model}", report=True))
    assert outcome.findings["architecture"] == "RealESRGAN Compact"
    assert "notes" not in outcome.findings
    made = read(tmp_path / "x4.png")
    assert (made.width, made.height) == (80, 72)
    with pytest.raises(BlindSRError, check=Code.UNKNOWN_NAME.matches):
        weights.find_weights("4x-Tset.v1")
    monkeypatch.setenv("BLINDSR_MODELS", str(tmp_path / "none"))
    assert weights.in_folder() == {}
