"""Training of MRDA: Algorithm 1 (MLN), Algorithm 2 (teacher), distillation (Eq. 4 to 7)."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Literal, Self, cast

import torch
import torch.nn.functional as F
from pydantic import Field, model_validator
from torch import Tensor, nn

from blindsr.contract import Method, MuonRecipe, Pairs, ParameterGroup, RangesRecipe, Stage, StageRecipe
from blindsr.degrade.families import Anisotropic, Family, Isotropic
from blindsr.degrade.realworld.realesrgan import RealESRGAN
from blindsr.methods.mrda.model import MRDA
from blindsr.methods.mrda.visual import Visual, VisualRecipe
from blindsr.nn.adapt import Params, adapt

_MEASURES = {"l1": F.l1_loss, "l2": F.mse_loss}

Setting = Literal["isotropic", "anisotropic", "real"]


class PretrainRecipe(StageRecipe):
    """Algorithm 1, line 2."""

    batch: int = Field(64, gt=0)
    patch: int = Field(64, gt=0, description="side of a patch, LR pixels")
    blur: bool = Field(False, description="whether MLN learns isotropic blurs, as for the line 'blur' of Figure 9a")
    lr: float = Field(2e-4, gt=0)


class SettingRecipe(RangesRecipe):
    """Section IV-A's degradations."""

    setting: Setting = "isotropic"
    once: float = Field(0, ge=0, le=1, description="share of the real setting's that have one round instead of two")

    @model_validator(mode="after")
    def _only_real(self) -> Self:
        if self.once and self.setting != "real":
            raise ValueError(f"once is supported by the setting 'real' only, got {self.setting!r}")
        if self.setting == "real" and (self.noise_range or self.width_range):
            raise ValueError("noise_range and width_range are not supported by the setting 'real'")
        return self


class MetaRecipe(SettingRecipe):
    """Algorithm 1, lines 3 to 15."""

    tasks: int = Field(5, gt=0, description="m")
    support: int = Field(16, gt=0, description="patches of I_tr")
    query: int = Field(16, gt=0, description="patches of I_te")
    patch: int = Field(64, gt=0, description="LR pixels")
    unrolled: int = Field(5, gt=0, description="n")
    rate: float = Field(0.01, gt=0, description="alpha")
    first_order: bool = Field(True, description="as the released code; MAML's second order if not")
    lr: float = Field(2e-4, gt=0, description="beta")


class TeacherRecipe(SettingRecipe, MuonRecipe, VisualRecipe):
    """Algorithm 2."""

    measure: Literal["l1", "l2"] = Field("l1", description="L_rec: Eq. 2, or squared errors, which PSNR counts")
    batch: int = Field(64, gt=0)
    patch: int = Field(64, gt=0, description="LR pixels")
    rates: tuple[float, ...] = Field(
        (0.01, 0.005, 0.005, 0.005, 0.005), min_length=1, description="alpha by step, as the released code has it"
    )
    lr: float = Field(2e-4, gt=0, description="gamma")
    regions: float = Field(
        1.0, gt=0, description="factor of the rate of the convolutions that make modulation maps (Eq. 9)"
    )


class StudentRecipe(TeacherRecipe):
    """Section III-D."""

    kl: float = Field(1.0, ge=0, description="lambda_kl of Eq. 6; 0 for Table V")
    absolute: float = Field(0.01, ge=0, description="lambda_abs of Eq. 6; 0 for Table V")
    temperature: float = Field(0.15, gt=0, description="temperature of the softmax before Eq. 4; the paper gives none")
    alone: int = Field(0, ge=0, description="steps in which only the student's DEN learns, by distillation alone")

    @model_validator(mode="after")
    def _learns_something_alone(self) -> Self:
        if self.alone and not (self.kl or self.absolute):
            raise ValueError("alone needs kl or absolute: its steps are distillation")
        return self


STAGES: dict[str, type[StageRecipe]] = {
    "pretrain": PretrainRecipe,
    "meta": MetaRecipe,
    "teacher": TeacherRecipe,
    "student": StudentRecipe,
}
SMALL: dict[str, dict[str, Any]] = {
    "pretrain": {"steps": 1, "batch": 2, "patch": 12},
    "meta": {"steps": 1, "tasks": 2, "support": 1, "query": 1, "patch": 12},
    "teacher": {"steps": 1, "batch": 2, "patch": 12},
    "student": {"steps": 1, "batch": 2, "patch": 12},
}
"""Settings of the stages for quick steps, for the tests of all methods."""


def stages(model: Method[Tensor], recipe: dict[str, StageRecipe]) -> Sequence[Stage]:
    """Build the stages in their order."""
    method = cast("MRDA", model)
    return [
        Pretrain(method, cast("PretrainRecipe", recipe["pretrain"])),
        Meta(method, cast("MetaRecipe", recipe["meta"])),
        Teacher(method, cast("TeacherRecipe", recipe["teacher"])),
        Student(method, cast("StudentRecipe", recipe["student"])),
    ]


def isotropic_family(scale: int) -> Isotropic:
    """Section IV-A: 21x21 kernels, noise-free, widths 0.2 to s (2.0, 3.0, 4.0 at x2, x3, x4)."""
    return Isotropic(scale, 21, std=(0.2, float(scale)))


def anisotropic_family(scale: int) -> Anisotropic:
    """Section IV-A: 21x21 kernels, standard deviations 0.2 to 4, any angle, noise up to 25."""
    return Anisotropic(scale, 21, noise=(0, 25), std=(0.2, 4.0))


def family_of(recipe: SettingRecipe, scale: int) -> Family:
    """Distribution of a stage's degradations."""
    if recipe.setting == "real":
        return RealESRGAN(scale, 21, once=recipe.once)
    return recipe.with_ranges(isotropic_family(scale) if recipe.setting == "isotropic" else anisotropic_family(scale))


class Pretrain(Stage):
    """Stage that trains MLN, including its upscaler, on bicubic degradation."""

    method: MRDA
    recipe: PretrainRecipe
    validates = False

    def __init__(self, model: MRDA, recipe: PretrainRecipe) -> None:
        super().__init__()
        self.method, self.recipe = model, recipe

    @property
    def crops(self) -> tuple[int, int]:
        return self.recipe.batch, self.recipe.patch * self.method.config.scale

    @property
    def family(self) -> Family:
        scale = self.method.config.scale
        return isotropic_family(scale) if self.recipe.blur else Isotropic(scale, size=1)  # a single pixel: no blur

    def groups(self) -> list[ParameterGroup]:
        return [ParameterGroup("mln", list(self.method.mln.parameters()), self.recipe.lr)]

    def prepare(self, clean: Tensor, generator: torch.Generator, step: int) -> Pairs:
        return Pairs.draw(self.family, clean, generator)

    def losses(self, batch: Pairs, generator: torch.Generator, step: int) -> dict[str, Tensor]:
        return {"loss": F.l1_loss(self.method.mln(batch.lr), batch.hr)}

    def validate(self, method: Method[Any], pair: Pairs) -> Tensor:
        """Restore by MLN."""
        sr: Tensor = cast("MRDA", method).mln(pair.lr)
        return sr


class Meta(Stage):
    """Stage that meta-trains MLN; its upscaler is fixed, except for Table VI."""

    method: MRDA
    recipe: MetaRecipe
    validates = False

    def __init__(self, model: MRDA, recipe: MetaRecipe) -> None:
        super().__init__()
        self.method, self.recipe = model, recipe

    @property
    def crops(self) -> tuple[int, int]:
        count = self.recipe.tasks * (self.recipe.support + self.recipe.query)
        return count, self.recipe.patch * self.method.config.scale

    @property
    def family(self) -> Family:
        return family_of(self.recipe, self.method.config.scale)

    def groups(self) -> list[ParameterGroup]:
        mln = self.method.mln
        return [ParameterGroup("mln", list((mln if mln.free else mln.body).parameters()), self.recipe.lr)]

    def prepare(self, clean: Tensor, generator: torch.Generator, step: int) -> Pairs:
        each = self.recipe.support + self.recipe.query
        tasks = self.family.sample(self.recipe.tasks, generator).repeat_interleave(each)
        return Pairs(clean, tasks.apply(clean, generator), tasks)

    def losses(self, batch: Pairs, generator: torch.Generator, step: int) -> dict[str, Tensor]:
        each, lr = self.recipe.support + self.recipe.query, batch.lr
        objective = self.method.mln.objective()
        parts = zip(lr.split(each), self.method.mln.missing_detail(lr, batch.hr).split(each), strict=True)
        return {"loss": torch.stack([self._task(objective, *part) for part in parts]).mean()}

    def _task(self, objective: Callable[[Params, Tensor, Tensor], Tensor], lr: Tensor, missing: Tensor) -> Tensor:
        """Compute the loss on a task's I_te after ``unrolled`` steps on its I_tr (lines 8 to 14)."""
        count = self.recipe.support
        path = adapt(
            lambda params: objective(params, lr[:count], missing[:count]),
            self.method.mln.adaptable,
            [self.recipe.rate] * self.recipe.unrolled,
            first_order=self.recipe.first_order,
        )
        *_, (params, _) = path
        return objective(params, lr[count:], missing[count:])

    def validate(self, method: Method[Any], pair: Pairs) -> Tensor:
        """Restore by MLN after its steps on the pair itself."""
        learner = cast("MRDA", method)
        rates = [self.recipe.rate] * self.recipe.unrolled
        return learner.specific_images(pair.lr, learner.specific(pair.lr, pair.hr, rates))


class Teacher(Stage):
    """Stage that trains DEN_T and RDAN, with MLN adapted to each pair."""

    method: MRDA
    recipe: TeacherRecipe
    validates = False

    def __init__(self, model: MRDA, recipe: TeacherRecipe) -> None:
        super().__init__()
        self.method, self.recipe = model, recipe
        self.visual = Visual(recipe, model.discriminator)

    @property
    def crops(self) -> tuple[int, int]:
        return self.recipe.batch, self.recipe.patch * self.method.config.scale

    @property
    def family(self) -> Family:
        return family_of(self.recipe, self.method.config.scale)

    def groups(self) -> list[ParameterGroup]:
        regions, others = self._parts_of_rdan()
        parameters = [*self.method.teacher.parameters(), *others]
        return [
            ParameterGroup("teacher", parameters, self.recipe.lr, muon=self.recipe.muon),
            *regions,
            *self.adversary(),
        ]

    def _parts_of_rdan(self) -> tuple[list[ParameterGroup], list[nn.Parameter]]:
        """Return a group of the convolutions for modulation maps, if their rate differs, and all other parameters."""
        rdan, factor = self.method.rdan, self.recipe.regions
        regions = [] if factor == 1 else [p for layer in rdan.regions() for p in layer.parameters()]
        chosen = {id(parameter) for parameter in regions}
        others = [parameter for parameter in rdan.parameters() if id(parameter) not in chosen]
        return [ParameterGroup("regions", regions, factor * self.recipe.lr)] if regions else [], others

    def adversary(self) -> list[ParameterGroup]:
        """Return the group of the discriminator, if it is trained."""
        judge = self.method.discriminator
        if judge is None or not self.recipe.adversarial:
            return []
        return [ParameterGroup("discriminator", list(judge.parameters()), self.recipe.adversary)]

    def prepare(self, clean: Tensor, generator: torch.Generator, step: int) -> Pairs:
        return Pairs.draw(self.family, clean, generator)

    def losses(self, batch: Pairs, generator: torch.Generator, step: int) -> dict[str, Tensor]:
        return self.restored(batch, self.represent(batch), generator)

    def restored(self, batch: Pairs, representation: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        """Restore images and compute the losses of Eq. 3."""
        sr = self.method.rdan(batch.lr, representation)
        losses = {
            "reconstruction": _MEASURES[self.recipe.measure](sr, batch.hr),
            **self.visual(sr, batch.hr, self.method.discriminator, generator),
        }
        total = torch.stack(list(losses.values())).sum()
        return {"loss": total, **{name: value.detach() for name, value in losses.items()}}

    def represent(self, batch: Pairs) -> Tensor:
        """Compute D_T, the teacher's representations of the pairs."""
        return self.method.teacher_condition(batch.lr, batch.hr, batch.truth, self.recipe.rates)

    def validate(self, method: Method[Any], pair: Pairs) -> Tensor:
        """Restore by the teacher."""
        return cast("MRDA", method).teacher_output(pair.lr, pair.hr, pair.truth, self.recipe.rates)


class Student(Teacher):
    """Stage that trains DEN_S to predict D_T from the LR image; RDAN starts with the teacher's weights."""

    recipe: StudentRecipe
    validates = True

    def groups(self) -> list[ParameterGroup]:
        recipe = self.recipe
        regions, others = self._parts_of_rdan()
        later = [ParameterGroup("rdan", others, recipe.lr, muon=recipe.muon), *regions, *self.adversary()]
        return [
            ParameterGroup("student", list(self.method.student.parameters()), recipe.lr, muon=recipe.muon),
            *(replace(group, after=recipe.alone) for group in later),
        ]

    def losses(self, batch: Pairs, generator: torch.Generator, step: int) -> dict[str, Tensor]:
        recipe = self.recipe
        found = self.method.student(batch.lr)
        losses = self.restored(batch, found, generator) if step > recipe.alone else {"loss": found.new_zeros(())}
        total = losses.pop("loss")
        if recipe.kl or recipe.absolute:
            with torch.no_grad():
                wanted = self.represent(batch)
            losses["kl"] = divergence(wanted, found, recipe.temperature)
            losses["absolute"] = F.l1_loss(found, wanted)
            total = total + recipe.kl * losses["kl"] + recipe.absolute * losses["absolute"]
        return {"loss": total, **{name: value.detach() for name, value in losses.items()}}


def divergence(wanted: Tensor, found: Tensor, temperature: float) -> Tensor:
    """Eq. 4: Kullback-Leibler divergence of softmaxed representations ``(n, 4 C)``.

    It is summed over the 4 C numbers and averaged over the batch, as in the released code; the paper divides by 4 C.
    """
    log_found = F.log_softmax(found / temperature, 1)
    log_wanted = F.log_softmax(wanted / temperature, 1)
    return F.kl_div(log_found, log_wanted, reduction="batchmean", log_target=True)
