"""The registry finds methods, their training and their recipes."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from blindsr import images, weights
from blindsr.cli.main import run
from blindsr.errors import BlindSRError, Code
from blindsr.methods import registry


@pytest.mark.parametrize("name", registry.method_names())
def test_every_method_has_a_class_stages_and_recipes(name: str) -> None:
    assert registry.method_class(name).Config.model_fields
    assert registry.training(name).STAGES
    assert any(recipe.startswith(f"{name}_x") for recipe in registry.recipe_files())


def test_an_unknown_method_is_named() -> None:
    with pytest.raises(BlindSRError, check=Code.UNKNOWN_NAME.matches):
        registry.method_class("esrgan")


MODEL = '''
import torch
from blindsr.contract import Hints, Method, StrictModel, Traits


class Config(StrictModel):
    scale: int = 2
    gain: float = 1.0


class Nearest(Method[float]):
    """Repeats pixels, times a gain that it learns."""

    Config = Config

    def __init__(self, config=Config()):
        super().__init__()
        self.config = config
        self.gain = torch.nn.Parameter(torch.tensor(config.gain))

    @property
    def traits(self):
        return Traits(scale=self.config.scale, margin=0)

    def condition(self, lr, *, generator, hints=Hints()):
        return float(lr.mean())

    def restore(self, lr, condition):
        return self.gain * lr.repeat_interleave(self.config.scale, 2).repeat_interleave(self.config.scale, 3)
'''
TRAINING = """
from blindsr.contract import StageRecipe

STAGES = {"fit": StageRecipe}
SMALL = {"fit": {"steps": 0}}


def stages(model, recipes):
    return []
"""


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An installed package with a method of its own."""
    site = tmp_path / "site"
    package, info = site / "blindsr_fifth", site / "blindsr_fifth-1.0.dist-info"
    for folder in (package / "recipes", info):
        folder.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "model.py").write_text(MODEL)
    (package / "training.py").write_text(TRAINING)
    (package / "recipes" / "fifth_x2.tiny.yaml").write_text("name: fifth_x2.tiny\nmethod: fifth\nfit: {steps: 0}\n")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: blindsr-fifth\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[blindsr.methods]\nfifth = blindsr_fifth\ncmdsr = blindsr_fifth\n")
    monkeypatch.syspath_prepend(site)
    yield package
    for name in [name for name in sys.modules if name.startswith("blindsr_fifth")]:
        del sys.modules[name]


@pytest.mark.usefixtures("plugin")
def test_a_package_adds_a_method(tmp_path: Path) -> None:
    assert "fifth" in registry.method_names()
    cls = registry.method_class("fifth")
    assert cls.__name__ == "Nearest"
    assert list(registry.training("fifth").STAGES) == ["fit"]
    assert "fifth_x2.tiny" in registry.recipe_files()
    assert registry.method_class("cmdsr").__name__ == "CMDSR"  # which nobody else replaces
    method = cls(cls.Config())
    card = weights.Card(name="fifth_x2.tiny", method="fifth", config={"scale": 2}, recipe={}, provenance={})
    weights.save_weights(tmp_path / "fifth_x2.tiny.safetensors", method, card)
    images.write(images.Picture(torch.rand(3, 9, 7)), tmp_path / "a.png")
    with pytest.raises(SystemExit) as ended:
        run(
            [
                "upscale",
                str(tmp_path / "a.png"),
                "-o",
                f"{tmp_path}/b.png",
                "-m",
                f"{tmp_path}/fifth_x2.tiny.safetensors",
            ]
        )
    assert ended.value.code in (0, None)
    assert (images.read(tmp_path / "b.png").width, images.read(tmp_path / "b.png").height) == (14, 18)


@pytest.mark.slow
def test_the_tests_of_the_contract_run_on_methods_of_other_packages(plugin: Path) -> None:
    """Nothing but the package itself names it: its networks go through every test of the contract."""
    folder = Path(__file__).parent
    files = [str(folder / f"test_{name}.py") for name in ("contract", "threads", "mps")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(plugin.parent), *sys.path])}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "fifth", *files]
    ended = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout
    passed = re.search(r"(\d+) passed", ended.stdout)
    assert passed
    assert int(passed[1]) >= 10


def test_packages_without_a_method_are_named(plugin: Path) -> None:
    (plugin / "model.py").write_text("import nowhere_at_all\n")
    with pytest.raises(BlindSRError, check=Code.INVALID_FILE.matches):
        registry.method_class("fifth")
    (plugin / "model.py").write_text("from blindsr.contract import Method\n")
    with pytest.raises(BlindSRError, check=Code.INVALID_FILE.matches):
        registry.method_class("fifth")
