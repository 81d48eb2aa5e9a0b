"""Models as files for other runtimes."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from blindsr import Picture, weights, write
from blindsr.contract import Method
from blindsr.degrade import Degradation, kernels, resize
from blindsr.errors import BlindSRError, Code
from blindsr.inference import Upscaler
from blindsr.methods.cmdsr.model import CMDSR, CMDSRConfig
from blindsr.methods.mzsr.model import MZSR, MZSRConfig
from blindsr.pipeline import condition_io
from blindsr.pipeline import export as room
from blindsr.pipeline.export import export
from blindsr.runtimes.session import open_session

pytest.importorskip("onnxruntime", reason="needs the extra onnx")


def _saved(folder: Path, name: str, method: Method[Any]) -> Path:
    path = folder / f"{name}.safetensors"
    config = method.config.model_dump(mode="json")
    card = weights.Card(name=name, method=name.split("_", maxsplit=1)[0], config=config, recipe={}, provenance={})
    weights.save_weights(path, method, card)
    return path


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    small: dict[str, Any] = {"scale": 2, "blocks": 1, "channels": 8, "support": 2, "patch": 8, "features": 6}
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        return _saved(tmp_path, "cmdsr_x2.tiny", CMDSR(CMDSRConfig(**small)))


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    (tmp_path / "photos").mkdir()
    path = tmp_path / "photos" / "a.png"
    write(Picture(torch.rand(3, 30, 40, generator=torch.Generator().manual_seed(0))), path)
    return path


def test_two_graphs_and_a_description(tiny: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "out"
    made = export(tiny, out)
    names = ["cmdsr_x2.tiny.condition.onnx", "cmdsr_x2.tiny.json", "cmdsr_x2.tiny.onnx"]
    assert sorted(path.name for path in made.paths) == names
    assert sorted(path.name for path in out.iterdir()) == names
    assert 0 <= made.difference < 0.1
    about = json.loads((out / names[1]).read_text())
    assert (about["scale"], about["licence"], about["condition"]) == (2, "Apache-2.0", {"feature": [1, 6]})
    assert about["encoder_input"]["kind"] == "patches"
    assert about["encoder_input"]["shape"][1:] == [2, 3, 8, 8]
    assert about["card"]["name"] == "cmdsr_x2.tiny"

    import onnx

    model = onnx.load(out / names[2])
    assert {one.key: json.loads(one.value) for one in model.metadata_props} == about
    with pytest.raises(BlindSRError, check=Code.FILE_EXISTS.matches):
        export(tiny, out)
    assert export(tiny, out, overwrite=True).difference == made.difference


@pytest.mark.parametrize("precision", ["fp32", "fp16"])
def test_openvino(precision: Any, tiny: Path, tmp_path: Path) -> None:
    pytest.importorskip("openvino", reason="needs the extra openvino")
    made = export(tiny, tmp_path / "out", to="openvino", precision=precision)
    assert [path.name for path in made.paths[:2]] == ["cmdsr_x2.tiny.xml", "cmdsr_x2.tiny.bin"]
    assert made.difference < 1


def test_half_precision(tiny: Path, tmp_path: Path) -> None:
    half, full = (export(tiny, tmp_path / one, precision=one).paths[0] for one in ("fp16", "fp32"))
    assert half.stat().st_size < full.stat().st_size


def test_a_condition_is_made_a_part(tiny: Path, photo: Path, tmp_path: Path) -> None:
    upscaler = Upscaler(tiny, device="cpu", precision="fp32", guard=False)
    lr = torch.rand(1, 3, 12, 17, generator=torch.Generator().manual_seed(3))
    condition = upscaler.condition(lr)
    condition_io.save_condition(tmp_path / "camera.json", "cmdsr_x2.tiny", upscaler, condition)
    made = export(tiny, tmp_path / "out", condition=tmp_path / "camera.json")
    assert [path.suffix for path in made.paths] == [".onnx", ".json"]
    session = open_session(made.paths[0].read_bytes(), "onnxruntime")
    with torch.no_grad():
        wanted = upscaler.method.restore(lr, condition).numpy()
    assert np.abs(session({"lr": lr.numpy()})[0] - wanted).max() < 1e-4
    assert export(tiny, tmp_path / "photo", photo=photo).difference < 0.1


def test_methods_that_adapt_need_a_photograph(photo: Path, tmp_path: Path) -> None:
    path = _saved(tmp_path, "mzsr_x2.tiny", MZSR(MZSRConfig(layers=2, channels=4, steps=1)))
    with pytest.raises(BlindSRError, check=Code.MISSING_OPTION.matches):
        export(path, tmp_path / "out")
    kernel = tmp_path / "k.npy"
    np.save(kernel, np.full((5, 5), 1 / 25, np.float32))
    made = export(path, tmp_path / "out", photo=photo, kernel=kernel)
    assert [one.suffix for one in made.paths] == [".onnx", ".json"]
    alone = export(path, tmp_path / "alone", kernel=kernel)
    assert [one.suffix for one in alone.paths] == [".onnx", ".json"]


@pytest.mark.parametrize("name", ["mrda_x4.iso", "mzsr_x2.direct"])
def test_a_blur_kernel_alone_makes_the_condition(name: str, tmp_path: Path) -> None:
    """Of two widths, the one that an image was blurred by restores it better."""
    scale = weights.load_weights(name).method.traits.scale
    generator = torch.Generator().manual_seed(1)
    hr = resize(torch.rand(1, 3, 24, 24, generator=generator), 2 * scale).clamp(0, 1)
    none = torch.zeros(1)
    down: Any = "direct" if name.endswith("direct") else "bicubic"
    blurs = {width: kernels.gaussian(15, width) for width in (0.6, 2.4)}
    errors: dict[float, dict[float, float]] = {width: {} for width in blurs}
    for told, kernel in blurs.items():
        np.save(tmp_path / f"{told}.npy", kernel.numpy())
        made = export(name, tmp_path / str(told), kernel=tmp_path / f"{told}.npy")
        session = open_session(made.paths[0].read_bytes(), "onnxruntime")
        for true, blurred in blurs.items():
            lr = Degradation(scale, blurred[None], none, none.long(), none.long(), down=down).apply(hr)
            difference = session({"lr": lr.numpy()})[0] - hr.numpy()
            errors[true][told] = float(np.square(difference[..., 8:-8, 8:-8]).mean())
    for true, found in errors.items():
        assert min(found, key=lambda told: found[told]) == true, errors


def test_a_network_without_a_condition_takes_no_kernel(tmp_path: Path) -> None:
    kernel = tmp_path / "k.npy"
    np.save(kernel, np.full((5, 5), 1 / 25, np.float32))
    with pytest.raises(BlindSRError, check=Code.UNSUPPORTED_OPTION.matches):
        export("cmdsr_x4.plain", tmp_path / "out", kernel=kernel)


def test_int8_is_calibrated_on_photographs(tiny: Path, photo: Path, tmp_path: Path) -> None:
    with pytest.raises(BlindSRError, check=Code.MISSING_OPTION.matches):
        export(tiny, tmp_path / "out", precision="int8")
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(BlindSRError, check=Code.NO_IMAGES.matches):
        export(tiny, tmp_path / "out", precision="int8", calibrate=empty)
    write(Picture(torch.rand(3, 110, 20, generator=torch.Generator().manual_seed(1))), photo.with_name("b.png"))
    made = export(tiny, tmp_path / "out", precision="int8", calibrate=photo.parent)
    assert 0 < made.difference < 64


def test_graphs_that_differ_are_not_written(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        room, "open_session", lambda *_: lambda inputs: [np.repeat(inputs["lr"], 2, 2).repeat(2, 3) + 9]
    )
    with pytest.raises(BlindSRError, check=Code.INCOMPATIBLE.matches):
        export(tiny, tmp_path / "out")
    monkeypatch.setattr(room, "open_session", lambda *_: lambda inputs: [inputs["lr"]])
    with pytest.raises(BlindSRError, check=Code.INCOMPATIBLE.matches):
        export(tiny, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_refusals(tiny: Path, photo: Path, tmp_path: Path) -> None:
    for other in ((photo, None), (None, photo)):
        with pytest.raises(BlindSRError, check=Code.CONFLICTING_OPTIONS.matches):
            export(tiny, tmp_path / "out", condition=photo, photo=other[0], kernel=other[1])
    np.save(tmp_path / "k.npy", np.full((5, 5), 1 / 25, np.float32))
    with pytest.raises(BlindSRError, check=Code.UNSUPPORTED_OPTION.matches):
        export(tiny, tmp_path / "out", photo=photo, kernel=tmp_path / "k.npy")
    with pytest.raises(BlindSRError, check=Code.CANNOT_WRITE.matches):
        export(tiny, photo / "below")
