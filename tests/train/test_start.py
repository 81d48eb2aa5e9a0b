from pathlib import Path

import pytest
import safetensors.torch
import torch
import torch.nn.functional as F

from blindsr.errors import BlindSRError, Code
from blindsr.methods.cmdsr.model import CMDSR, CMDSRConfig
from blindsr.methods.mrda.model import MRDA, MRDAConfig
from blindsr.photos import Photos
from blindsr.train import checkpoint, recipe
from blindsr.train.export import export_run
from blindsr.train.loop import Options, train
from blindsr.train.start import InitialWeights, fill_matching, read_start

STILL = ("stage.steps=1", "stage.lr=1e-12", "stage.condition_lr=1e-12")


def network(settings: list[str], *changes: str, name: str = "cmdsr_x4.classic") -> CMDSR:
    return CMDSR(recipe.load_recipe(name, [*settings, *changes]).model)  # type: ignore[arg-type]


def test_a_run_begins_with_the_weights_of_another_and_says_so(
    tmp_path: Path, settings: list[str], photographs: Path
) -> None:
    still, photos = recipe.load_recipe("cmdsr_x4.classic", [*settings, *STILL]), Photos.read([photographs])
    start = InitialWeights("another", network(settings).state_dict())
    train(still, photos, Options(tmp_path / "run", device="cpu"), start=start)
    state = checkpoint.load_checkpoint(tmp_path / "run")
    for name, value in state["model"].items():
        torch.testing.assert_close(value, start.tensors[name], atol=1e-8, rtol=0)
    assert state["began"] == "another"
    train(still, photos, Options(tmp_path / "run", device="cpu"), resume=True, start=start)
    with pytest.raises(BlindSRError, check=Code.INCOMPATIBLE.matches):
        train(
            still,
            photos,
            Options(tmp_path / "run", device="cpu"),
            resume=True,
            start=InitialWeights("a third", start.tensors),
        )
    path = export_run(tmp_path / "run", tmp_path)
    assert "started from the weights `another`" in path.with_suffix(".md").read_text()
    for source in (tmp_path / "run", path):
        found = read_start(str(source))
        assert found.name == "cmdsr_x4.classic"
        for name, value in found.tensors.items():
            torch.testing.assert_close(value, state["average"][name], atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize("changes", [["model.blocks=3"], ["model.scale=2", "name=cmdsr_x2.classic"]])
def test_a_network_of_another_depth_or_scale_takes_what_fits(
    settings: list[str], changes: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    given, other = network(settings), network(settings, *changes)
    before = {name: value.clone() for name, value in other.state_dict().items()}
    fill_matching(InitialWeights("another", given.state_dict()), other)
    own, fitting = other.state_dict(), 0
    for name, value in own.items():
        fits = name in given.state_dict() and given.state_dict()[name].shape == value.shape
        torch.testing.assert_close(value, given.state_dict()[name] if fits else before[name], atol=0, rtol=0)
        fitting += fits
    assert 0 < fitting < len(own)
    assert f"{len(own) - fitting} of {len(own)} tensors are not in the initial weights" in caplog.text


def test_a_network_with_a_condition_begins_with_one_without(settings: list[str]) -> None:
    plain, classic = network(settings, name="cmdsr_x4.plain"), network(settings)
    lr = torch.rand(1, 3, 20, 24, generator=torch.Generator().manual_seed(0))
    fill_matching(InitialWeights("plain", plain.state_dict()), classic)
    torch.testing.assert_close(
        classic.restore_tasks(lr, torch.zeros(1, classic.config.features)), plain.restore_tasks(lr, torch.zeros(1, 0))
    )


def test_less_than_half_of_a_network_is_refused_unless_asked_for(
    settings: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    given, deep = network(settings), network(settings, "model.blocks=9")
    before = {name: value.clone() for name, value in deep.state_dict().items()}
    with pytest.raises(BlindSRError, check=Code.INCOMPATIBLE.matches):
        fill_matching(InitialWeights("shallow", given.state_dict()), deep)
    for name, value in deep.state_dict().items():
        assert torch.equal(value, before[name])
    fill_matching(InitialWeights("shallow", given.state_dict()), deep, partial=True)
    for name, value in given.state_dict().items():
        assert torch.equal(deep.state_dict()[name], value)
    assert "tensors are not in the initial weights, shallow" in caplog.text


def test_what_only_training_needs_may_be_missing(caplog: pytest.LogCaptureFixture) -> None:
    """Published weights leave the teacher out, however large it is."""
    config = MRDAConfig(scale=2, channels=4, blocks=1, mln=32)
    whole, other = MRDA(config), MRDA(config)
    published = {
        name: value for name, value in whole.state_dict().items() if name.split(".")[0] not in MRDA.training_only
    }
    assert 2 * sum(map(torch.numel, published.values())) < sum(map(torch.numel, whole.state_dict().values()))
    fill_matching(InitialWeights("student", published), other)
    for name, value in published.items():
        assert torch.equal(other.state_dict()[name], value)
    assert "those fill 100% of the network" in caplog.text


def test_weights_of_another_network_are_refused(settings: list[str]) -> None:
    with pytest.raises(BlindSRError, check=Code.INCOMPATIBLE.matches):
        fill_matching(
            InitialWeights("another", network(settings).state_dict()),
            network(settings, "model.channels=4", "model.features=4"),
        )


def test_where_there_are_no_weights_that_is_said(tmp_path: Path) -> None:
    with pytest.raises(BlindSRError):
        read_start(str(tmp_path))


def test_a_file_of_a_base_net_alone_is_a_start(tmp_path: Path, settings: list[str]) -> None:
    """Published weights have the names of their network, without ours around them."""
    changes = ["model.base=span", "model.blocks=2", "model.channels=8"]
    plain = network(settings, *changes, name="cmdsr_x4.plain").half().float()  # what a file holds
    bare = {
        name.removeprefix("base.").removeprefix("body."): value.half() for name, value in plain.state_dict().items()
    }
    safetensors.torch.save_file(bare, tmp_path / "span.safetensors")
    start = read_start(str(tmp_path / "span.safetensors"))
    assert start.name == "span"
    assert [entry["name"] for entry in start.chain] == ["span"]
    classic = network(settings, *changes)
    fill_matching(start, classic)
    lr = torch.rand(1, 3, 20, 24, generator=torch.Generator().manual_seed(0))
    expected = plain.restore_tasks(lr, torch.zeros(1, 0))
    features = torch.rand(1, classic.config.features)  # modulation of SPAN begins as none, whatever the feature
    torch.testing.assert_close(classic.restore_tasks(lr, features), expected)
    fill_matching(start, plain)
    torch.testing.assert_close(plain.restore_tasks(lr, torch.zeros(1, 0)), classic.restore_tasks(lr, features))


def test_span_of_half_the_scale_begins_with_the_mean_of_four_pixels() -> None:
    large, small = (
        CMDSR(CMDSRConfig(scale=scale, base="span", blocks=2, channels=8, support=2, patch=8, features=8))
        for scale in (4, 2)
    )
    fill_matching(InitialWeights("large", large.state_dict()), small)
    lr = torch.rand(2, 3, 9, 7)
    features = torch.rand(2, 8)
    with torch.no_grad():
        expected = F.avg_pool2d(large.restore_tasks(lr, features), 2)
        torch.testing.assert_close(small.restore_tasks(lr, features), expected, rtol=1e-4, atol=1e-4)
