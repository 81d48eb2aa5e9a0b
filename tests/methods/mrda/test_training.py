from pathlib import Path
from typing import Any, Literal

import pytest
import torch
import torch.nn.functional as F
from pydantic import ValidationError
from torch import Tensor

from blindsr import weights
from blindsr.contract import Hints, Pairs, Stage
from blindsr.degrade import resize
from blindsr.degrade.realworld.second_order import RealisticDegradation
from blindsr.methods.mrda.model import MRDA, MRDAConfig
from blindsr.methods.mrda.training import (
    Meta,
    MetaRecipe,
    Pretrain,
    PretrainRecipe,
    Student,
    StudentRecipe,
    Teacher,
    TeacherRecipe,
    anisotropic_family,
    divergence,
    isotropic_family,
    stages,
)
from blindsr.nn.perceptual import VGG
from blindsr.photos import Photos
from blindsr.train.checkpoint import load_checkpoint
from blindsr.train.loop import Options, train
from blindsr.train.recipe import load_recipe
from blindsr.train.validate import restore_for


def tiny(**config: Any) -> MRDA:
    values = {"channels": 4, "blocks": 1, "mln": 4, **config}
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        return MRDA(MRDAConfig(**values))


SMALL = {"steps": 1, "patch": 8}
PAIRS = {**SMALL, "batch": 2, "rates": (0.1, 0.1)}


def every(method: MRDA) -> list[Stage]:
    built = stages(
        method,
        {
            "pretrain": PretrainRecipe(**SMALL, batch=2),
            "meta": MetaRecipe(**SMALL, tasks=2, support=1, query=2, unrolled=2),
            "teacher": TeacherRecipe(**PAIRS),
            "student": StudentRecipe(**PAIRS),
        },
    )
    return list(built)


def clean(stage: Stage) -> Tensor:
    count, size = stage.crops
    small = torch.rand(count, 3, size // 4, size // 4, generator=torch.Generator().manual_seed(1))
    return resize(small, 4).clamp(0, 1)


def run(stage: Stage, step: int = 1) -> dict[str, Tensor]:
    losses: dict[str, Tensor] = stage(clean(stage), torch.Generator().manual_seed(1), step)
    return losses


def moved(stage: Stage, step: int = 1) -> set[str]:
    parameters = dict(stage.method.named_parameters())
    gradients: list[Tensor | None] = list(
        torch.autograd.grad(run(stage, step)["loss"], list(parameters.values()), allow_unused=True)
    )
    return {
        ".".join(name.split(".")[:2]) if name.startswith("mln") else name.split(".")[0]
        for name, gradient in zip(parameters, gradients, strict=True)
        if gradient is not None and bool(gradient.any())
    }


def test_each_stage_teaches_its_own_part_and_no_other() -> None:
    method = tiny()
    expected = [{"mln.body", "mln.upscaler"}, {"mln.body"}, {"teacher", "rdan"}, {"student", "rdan"}]
    for stage, parts in zip(every(method), expected, strict=True):
        trained = {id(p) for group in stage.groups() for p in group.parameters}
        named = {
            ".".join(name.split(".")[:2]) if name.startswith("mln") else name.split(".")[0]
            for name, p in method.named_parameters()
            if id(p) in trained
        }
        assert named == parts
        assert moved(stage) == parts


@pytest.mark.parametrize("kind", ["teacher", "student"])
def test_modulation_maps_may_learn_at_a_rate_of_their_own(kind: str) -> None:
    method = tiny()
    recipes: dict[str, Any] = {"teacher": TeacherRecipe, "student": StudentRecipe}
    build: dict[str, Any] = {"teacher": Teacher, "student": Student}
    one = build[kind](method, recipes[kind](**PAIRS, regions=8.0, lr=1e-3, muon=0.1))
    groups = {group.name: group for group in one.groups()}
    ids = [id(p) for group in groups.values() for p in group.parameters]
    assert len(ids) == len(set(ids))
    same = build[kind](method, recipes[kind](**PAIRS))
    assert set(ids) == {id(p) for group in same.groups() for p in group.parameters}
    assert {id(p) for p in groups["regions"].parameters} == {
        id(p) for name, p in method.rdan.named_parameters() if ".region." in name
    }
    assert (groups["regions"].lr, groups["regions"].muon) == (pytest.approx(8e-3), None)
    assert "regions" not in {group.name for group in same.groups()}


def test_a_free_upscaler_is_taught_in_every_stage_of_mln() -> None:
    pretrain, meta, *_ = every(tiny(upscaler="free"))
    for stage in (pretrain, meta):
        assert moved(stage) == {"mln.body", "mln.upscaler"}
        trained = {id(p) for group in stage.groups() for p in group.parameters}
        assert trained == {id(p) for p in stage.method.mln.parameters()}  # type: ignore[union-attr]


def test_only_the_student_is_validated_in_a_run_with_all_stages() -> None:
    assert [stage.validates for stage in every(tiny())] == [False, False, False, True]
    assert [restore_for(stage, last=False) is None for stage in every(tiny())] == [True, True, True, False]


def test_each_stage_is_validated_by_the_network_that_it_trains() -> None:
    method = tiny()
    pair = Pairs.draw(isotropic_family(4), torch.rand(1, 3, 64, 64), torch.Generator().manual_seed(0))
    lr, hr = pair.lr, pair.hr
    condition = method.condition(lr, generator=torch.Generator())
    with torch.no_grad():
        expected = [
            method.mln(lr),
            method.learner_output(lr, hr, [0.01, 0.01]),
            method.teacher_output(lr, hr, pair.truth, (0.1, 0.1)),
            method.restore(lr, condition),
        ]
        found = []
        for stage in every(method):
            restore = restore_for(stage, last=True)
            assert restore is not None
            found.append(restore(method, pair, Hints(), torch.Generator()))
    for one, other in zip(found, expected, strict=True):
        assert torch.equal(one, other)


def test_a_run_that_ends_with_the_teacher_has_a_curve(tmp_path: Path) -> None:
    small = ["model.channels=4", "model.blocks=1", "model.mln=4", "held_out=1", "pretrain.steps=1", "meta.steps=0"]
    small += ["pretrain.batch=1", "pretrain.patch=8", "teacher.steps=4", "teacher.batch=1", "teacher.patch=8"]
    small += ["teacher.validate_every=2", "student.steps=0"]
    pixels = tuple(torch.randint(256, (3, 64, 64), generator=torch.Generator().manual_seed(i)).byte() for i in (0, 1))
    train(load_recipe("mrda_x4.iso", small), Photos(("a", "b"), pixels), Options(tmp_path, device="cpu"))
    validations = load_checkpoint(tmp_path)["validations"]
    assert [(one["stage"], one["step"]) for one in validations] == [("teacher", 2), ("teacher", 4)]


def test_the_meta_loss_is_on_other_patches_after_the_steps() -> None:
    stage = Meta(tiny(), MetaRecipe(**SMALL, tasks=1, support=1, query=2, unrolled=2, rate=0.3, first_order=False))
    hr, source = clean(stage), torch.Generator().manual_seed(1)
    lr = stage.family.sample(1, source).repeat_interleave(3).apply(hr, source)
    mln = stage.method.mln
    body: list[Tensor] = list(mln.body.parameters())
    fast = body
    for _ in range(2):
        loss = F.l1_loss(_mln(mln, fast, lr[:1]), hr[:1])
        fast = [p - 0.3 * g for p, g in zip(fast, torch.autograd.grad(loss, fast, create_graph=True), strict=True)]
    expected = F.l1_loss(_mln(mln, fast, lr[1:]), hr[1:])
    ours = run(stage)["loss"]
    torch.testing.assert_close(ours, expected)
    for mine, theirs in zip(torch.autograd.grad(ours, body), torch.autograd.grad(expected, body), strict=True):
        torch.testing.assert_close(mine, theirs, atol=1e-7, rtol=1e-4)


def _mln(mln: Any, body: list[Tensor], lr: Tensor) -> Tensor:
    x = lr
    for index in range(7):
        x = F.leaky_relu(F.conv2d(x, body[2 * index], body[2 * index + 1], padding=1), 0.1)
    enlarged: Tensor = mln.enlarge(lr) + mln.upscaler(x)
    return enlarged


def test_the_student_is_told_what_the_teacher_knows() -> None:
    stage = Student(tiny(), StudentRecipe(**PAIRS, kl=2.0, absolute=0.5))
    losses = run(stage)
    total = losses["reconstruction"] + 2.0 * losses["kl"] + 0.5 * losses["absolute"]
    torch.testing.assert_close(losses["loss"].detach(), total)
    alone = Student(tiny(), StudentRecipe(**PAIRS, kl=0.0, absolute=0.0))
    assert "kl" not in run(alone)
    assert moved(alone) == {"student", "rdan"}


@pytest.mark.parametrize(("measure", "power"), [("l1", 1), ("l2", 2)])
def test_distances_to_the_photograph(measure: Literal["l1", "l2"], power: int, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Teacher(tiny(), TeacherRecipe(**PAIRS, measure=measure))
    monkeypatch.setattr(stage.method.rdan, "forward", lambda *_: clean(stage) + 0.1)
    assert float(run(stage)["reconstruction"]) == pytest.approx(0.1**power, rel=1e-4)


def test_first_the_den_may_learn_alone() -> None:
    stage = Student(tiny(), StudentRecipe(**PAIRS, alone=5))
    assert moved(stage, step=5) == {"student"}
    assert moved(stage, step=6) == {"student", "rdan"}
    assert {group.name: group.after for group in stage.groups()} == {"student": 0, "rdan": 5}
    assert set(run(stage, step=5)) == {"loss", "kl", "absolute"}
    with pytest.raises(ValidationError, match="needs kl or absolute"):
        StudentRecipe(**PAIRS, alone=5, kl=0.0, absolute=0.0)


def test_equation_4() -> None:
    wanted, found = torch.tensor([[0.1, 0.4, -0.2]]), torch.tensor([[0.0, 0.5, 0.3]])
    p, q = (torch.softmax(x / 0.5, 1) for x in (wanted, found))
    assert float(divergence(wanted, found, 0.5)) == pytest.approx(float((p * (p / q).log()).sum()))
    assert float(divergence(wanted, wanted, 0.15)) == pytest.approx(0, abs=1e-7)


@pytest.mark.parametrize(
    "config",
    [
        {"source": "lr"},
        {"source": "oracle"},
        {"upscaler": "free"},
        {"modulation": "channel"},
        {"dynamic": False},
        {"scale": 2},
    ],
)
def test_every_ablation_trains(config: dict[str, Any]) -> None:
    # A plain convolution under a map of regions leaves nothing that the representation could change.
    heeded = config.get("dynamic", True)
    assert moved(Teacher(tiny(**config), TeacherRecipe(**PAIRS))) == ({"teacher", "rdan"} if heeded else {"rdan"})
    assert "rdan" in moved(Student(tiny(**config), StudentRecipe(**PAIRS)))


@pytest.mark.parametrize("setting", ["isotropic", "anisotropic"])
def test_settings(setting: Any) -> None:
    drawn = Teacher(tiny(), TeacherRecipe(**PAIRS, setting=setting)).family.sample(64)
    assert drawn.kernels.shape == (64, 21, 21)
    assert (float(drawn.noise.max()) > 15) == (setting == "anisotropic")
    assert float(drawn.noise.max()) <= 25


def test_ranges_of_the_classic_settings() -> None:
    for setting in ("isotropic", "anisotropic"):
        recipe = StudentRecipe(**PAIRS, setting=setting, noise_range=(5, 6))
        assert Student(tiny(), recipe).family.noise == (5, 6)
    with pytest.raises(ValidationError, match="not supported by the setting 'real'"):
        StudentRecipe(**PAIRS, setting="real", noise_range=(5, 6))


def test_every_stage_learns_a_repeated_batch() -> None:
    for stage in every(tiny()):
        if isinstance(stage, Pretrain | Meta):
            continue  # they start next to the bicubic enlargement, and have little to gain on random images
        optimiser = torch.optim.Adam([p for group in stage.groups() for p in group.parameters], 3e-3)
        first = float(run(stage)["loss"].detach())
        for _ in range(20):
            run(stage)["loss"].backward()
            optimiser.step()
            optimiser.zero_grad()
        assert float(run(stage)["loss"].detach()) < 0.9 * first


def test_the_real_world_setting() -> None:
    stage = Student(tiny(), StudentRecipe(**PAIRS, setting="real"))
    assert isinstance(stage.family.sample(2), RealisticDegradation)
    assert moved(stage) == {"student", "rdan"}


@pytest.mark.parametrize(
    ("name", "setting"),
    [
        ("mrda_x4.iso", "isotropic"),
        ("mrda_x4.aniso", "anisotropic"),
        ("mrda_x4.real", "real"),
        ("mrda_x4.iso_paper", "isotropic"),
        ("mrda_x4.aniso_paper", "anisotropic"),
        ("mrda_x4.gan_paper", "real"),
    ],
)
def test_recipes(name: str, setting: str) -> None:
    recipe = load_recipe(name)
    for stage in ("meta", "teacher", "student"):
        assert recipe.stages[stage].setting == setting  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["mrda_x4.iso_paper", "mrda_x4.aniso_paper"])
def test_the_classic_papers_recipes_are_section_iv_a(name: str) -> None:
    every = load_recipe(name).to_dict()
    for key, epoch in (("pretrain", 970), ("meta", 216), ("teacher", 970), ("student", 970)):
        stage = every[key]
        assert stage["steps"] == 500 * epoch
        assert list(stage["milestones"]) == [200 * epoch, 400 * epoch]
        assert (stage["schedule"], stage["gamma"], stage["lr"]) == ("step", 0.5, 2e-4)
    assert every["meta"]["rate"] == 0.01
    for key in ("teacher", "student"):
        assert list(every[key]["rates"]) == [0.01] * 5
        assert every[key]["batch"] == 64
    assert (every["student"]["kl"], every["student"]["absolute"]) == (1, 0.01)


def test_the_gans_recipe_is_section_iv_d() -> None:
    every = load_recipe("mrda_x4.gan_paper", ["teacher.vgg=vgg.pth", "student.vgg=vgg.pth"]).to_dict()
    assert {key: every[key]["steps"] for key in ("meta", "teacher", "student")} == {
        "meta": 100_000,
        "teacher": 600_000,
        "student": 600_000,
    }
    assert every["meta"]["rate"] == 0.02
    for key in ("teacher", "student"):
        stage = every[key]
        assert list(stage["rates"]) == [0.02] * 5
        assert (stage["schedule"], list(stage["milestones"]), stage["gamma"]) == ("step", [400_000], 0.5)
        assert (stage["lr"], stage["perceptual"], stage["adversarial"]) == (2e-4, 1.0, 0.1)
    assert (every["student"]["kl"], every["student"]["absolute"]) == (1, 0.01)
    assert (every["model"]["channels"], every["model"]["blocks"]) == (128, 21)


def test_the_gan_alternates_in_one_step(tmp_path: Path) -> None:
    torch.save({f"features.{name}": value for name, value in VGG(19).layers.state_dict().items()}, tmp_path / "vgg.pth")
    method = tiny(discriminator=4)
    looks = {"perceptual": 1.0, "adversarial": 0.1, "vgg": tmp_path / "vgg.pth"}
    for stage in (Teacher(method, TeacherRecipe(**PAIRS, **looks)), Student(method, StudentRecipe(**PAIRS, **looks))):
        assert [group.name for group in stage.groups()][-1] == "discriminator"
        losses = run(stage)
        expected = losses["reconstruction"] + losses["perceptual"] + losses["adversarial"] + losses["discriminator"]
        if isinstance(stage, Student):
            expected = expected + losses["kl"] + 0.01 * losses["absolute"]
        torch.testing.assert_close(losses["loss"].detach(), expected)
        losses["loss"].backward()
        assert all(p.grad is not None for p in method.rdan.parameters())
        assert method.discriminator is not None
        assert all(p.grad is not None for p in method.discriminator.parameters())
        vgg = stage.visual.loaded
        assert vgg is not None
        assert all(p.grad is None for p in vgg.parameters())


def test_weights_go_without_the_discriminator(tmp_path: Path) -> None:
    method = tiny(discriminator=4)
    config = method.config.model_dump(mode="json")
    card = weights.Card(name="mrda_x4.tiny", method="mrda", config=config, recipe={}, provenance={})
    weights.save_weights(tmp_path / "a.safetensors", method, card)
    loaded = weights.load_weights(tmp_path / "a.safetensors").method
    assert isinstance(loaded, MRDA)
    assert loaded.discriminator is None


def test_degradations_are_those_of_the_paper() -> None:
    assert isotropic_family(2).std == (0.2, 2.0)
    assert isotropic_family(4).std == (0.2, 4.0)
    assert isotropic_family(4).noise == (0, 0)
    assert anisotropic_family(4).std == (0.2, 4.0)
    assert anisotropic_family(4).noise == (0, 25)
    for family in (isotropic_family(4), anisotropic_family(4)):
        assert family.sample(2, 0).kernels.shape == (2, 21, 21)
