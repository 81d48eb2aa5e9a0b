"""Training of MZSR: Algorithm 1 (large-scale training, then meta-transfer learning), then the kernel estimator."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, cast

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor

from blindsr.contract import Batch, Method, MuonRecipe, Pairs, ParameterGroup, Stage, StageRecipe
from blindsr.degrade import kernels
from blindsr.degrade.blur import Downsampling, blur
from blindsr.degrade.families import Draw, Family, Isotropic
from blindsr.degrade.process import Degradation, Rounding
from blindsr.degrade.resample import resize
from blindsr.methods.mzsr.model import MZSR, AdaptedWeights, MZSRConfig
from blindsr.nn.adapt import Params, adapt

_PIXEL = 1e-3
"""Variance of a kernel whose pixels around the central one are 0 in float32."""


@dataclass(frozen=True)
class KernelFamily(Family):
    """Eq. 3: covariance eigenvalues l1 ~ U(1, 2.5 s), l2 ~ U(1, l1), angle ~ U(0, pi)."""

    least: float = 1.0
    """Smallest eigenvalue, squared HR pixels."""
    sharp: float = 0.0
    """Fraction of the degradations that have no blur."""
    rounding: Rounding = "round"
    """Rounding of LR images to 8 bits, as in files, or none, as in the released code."""

    def sample(self, count: int = 1, generator: torch.Generator | int = 0) -> Degradation:
        return replace(super().sample(count, generator), rounding=self.rounding)

    def _kernels(self, count: int, generator: torch.Generator) -> Tensor:
        return sample_kernels(count, self.scale, self.size, generator, least=self.least, sharp=self.sharp)


def paper_family(scale: int, down: Downsampling = "direct") -> KernelFamily:
    """Eq. 3 with 15x15 kernels, noise-free, symmetric borders; not rounded, as in the released code."""
    return KernelFamily(scale, 15, border="symmetric", down=down, rounding="none")


def sample_kernels(
    count: int, scale: float, size: int, generator: torch.Generator, *, least: float = 1.0, sharp: float = 0.0
) -> Tensor:
    """Draw kernels ``(count, size, size)`` of Eq. 3 for any scale, not only integers.

    Args:
        count: number of kernels.
        scale: HR pixels per LR pixel.
        size: side of the kernels.
        generator: source of random numbers.
        least: smallest variance, squared HR pixels.
        sharp: fraction of kernels that are a single pixel.
    """
    draw = Draw(generator, count)
    l1 = draw.uniform(least, 2.5 * scale)
    l2 = least + (l1 - least) * draw.uniform(0, 1)
    angle = draw.uniform(0, math.pi)
    if sharp:
        pixel = draw.bernoulli(sharp)
        l1, l2 = (variance.masked_fill(pixel, _PIXEL) for variance in (l1, l2))
    return kernels.gaussian_from_variances(size, l1, l2, angle)


class KernelsRecipe(MuonRecipe):
    """Kernels of a stage, and the rounding of its LR images; by default those of the paper and its code."""

    least: float = Field(1.0, gt=0, description="smallest variance of a kernel, squared HR pixels")
    sharp: float = Field(0.0, ge=0, lt=1, description="share of degradations without blur")
    rounded: bool = Field(False, description="round LR images to 8 bit, as files are")

    def family(self, config: MZSRConfig) -> KernelFamily:
        """Return the distribution of degradations for a network."""
        rounding: Rounding = "round" if self.rounded else "none"
        return replace(paper_family(config.scale, config.down), least=self.least, sharp=self.sharp, rounding=rounding)


class PretrainRecipe(KernelsRecipe):
    """Section 4.1; constants of the released code."""

    batch: int = Field(32, gt=0)
    crop: int = Field(96, gt=0, description="side of a patch, HR pixels")
    kernels: Literal["bicubic", "all"] = Field("bicubic", description="'all' trains the blind model of Figure 3")
    lr: float = Field(4e-4, gt=0)


class MetaRecipe(KernelsRecipe):
    """Sections 4.2 and 5.1; batch sizes of the released x2 model for direct subsampling."""

    tasks: int = Field(5, gt=0, description="tasks per meta-batch")
    support: int = Field(4, gt=0, description="training patches per task, D_tr")
    query: int = Field(4, gt=0, description="test patches per task, D_te")
    crop: int = Field(64, gt=0, description="side of a patch, HR pixels")
    unrolled: int = Field(5, gt=0, description="steps of the inner loop")
    rate: float = Field(0.01, gt=0, description="alpha")
    lr: float = Field(1e-4, gt=0, description="beta")
    factor_lr: float = Field(0.05, gt=0, description="learning rate of the factors of alpha, if the model has them")
    first_order: bool = Field(False, description="treat inner gradients as constants")
    scales: tuple[float, float] | None = Field(
        None, description="range that each task's scale is drawn from (Section 6.2); the model's own if not given"
    )
    pairs: Literal["hr", "son"] = Field("hr", description="support: LR-HR pairs of photographs, or sons and LR")
    anneal: int = Field(
        0, ge=0, description="steps in which the losses after all but the last inner step fade; 0: never, as released"
    )


class EstimateRecipe(MuonRecipe):
    """Stage of the kernel estimator, which the paper does not have."""

    batch: int = Field(16, gt=0)
    window: int = Field(96, gt=0, description="side of a window, LR pixels; estimates are best with windows as large")
    least: float = Field(0.04, gt=0, description="smallest variance, squared HR pixels; Eq. 3 has 1")
    lr: float = Field(1e-3, gt=0)


STAGES: dict[str, type[StageRecipe]] = {"pretrain": PretrainRecipe, "meta": MetaRecipe, "estimate": EstimateRecipe}
SMALL: dict[str, dict[str, Any]] = {
    "pretrain": {"steps": 1, "batch": 2, "crop": 40},
    "meta": {"steps": 1, "tasks": 2, "support": 1, "query": 1, "crop": 40},
    "estimate": {"steps": 1, "batch": 2, "window": 16},
}
"""Settings of the stages for quick steps, for the tests of all methods."""


def stages(model: Method[AdaptedWeights], recipe: dict[str, StageRecipe]) -> Sequence[Stage]:
    """Build the stages in their order."""
    network = cast("MZSR", model)
    return [
        Pretrain(network, cast("PretrainRecipe", recipe["pretrain"])),
        Meta(network, cast("MetaRecipe", recipe["meta"])),
        Estimate(network, cast("EstimateRecipe", recipe["estimate"])),
    ]


class Pretrain(Stage):
    """Lines 3 to 7: minimise Eq. 2 on bicubic pairs."""

    method: MZSR
    recipe: PretrainRecipe
    oracle_hints = frozenset({"kernel", "noise"})

    def __init__(self, model: MZSR, recipe: PretrainRecipe) -> None:
        super().__init__()
        self.method, self.recipe = model, recipe
        if recipe.steps:
            model.forget_factors()  # initial weights may have some, learned with another start

    @property
    def crops(self) -> tuple[int, int]:
        return self.recipe.batch, self.recipe.crop

    @property
    def family(self) -> Family:
        if self.recipe.kernels == "all":
            return self.recipe.family(self.method.config)
        return Isotropic(self.method.config.scale, size=1, border="symmetric")  # a single pixel: no blur

    def groups(self) -> list[ParameterGroup]:
        recipe = self.recipe
        return [ParameterGroup("network", list(self.method.net.parameters()), recipe.lr, muon=recipe.muon)]

    def prepare(self, clean: Tensor, generator: torch.Generator, step: int) -> Pairs:
        return Pairs.draw(self.family, clean, generator)

    def losses(self, batch: Pairs, generator: torch.Generator, step: int) -> dict[str, Tensor]:
        return {"loss": F.l1_loss(self.method.call(self.method.start, batch.lr), batch.hr)}


class Meta(Stage):
    """Lines 8 to 17: meta-train the initial weights of an adaptation."""

    method: MZSR
    recipe: MetaRecipe
    oracle_hints = frozenset({"kernel", "noise"})

    def __init__(self, model: MZSR, recipe: MetaRecipe) -> None:
        super().__init__()
        self.method, self.recipe = model, recipe

    @property
    def crops(self) -> tuple[int, int]:
        return self.recipe.tasks * (self.recipe.support + self.recipe.query), self.recipe.crop

    @property
    def family(self) -> Family:
        return self.recipe.family(self.method.config)

    def groups(self) -> list[ParameterGroup]:
        recipe = self.recipe
        network = ParameterGroup("network", list(self.method.net.parameters()), recipe.lr, muon=recipe.muon)
        factors = self.method.factors
        return [network, ParameterGroup("factors", factors, recipe.factor_lr)] if factors else [network]

    def prepare(self, clean: Tensor, generator: torch.Generator, step: int) -> "_Tasks":
        return _Tasks(tuple(self._tasks(clean, generator)))

    def losses(self, batch: "_Tasks", generator: torch.Generator, step: int) -> dict[str, Tensor]:
        """Compute the weighted sum of the losses after all inner steps; the first and the last one are logged too."""
        recipe, start = self.recipe, self.method.start
        steps = torch.stack([self._learn(start, task) for task in batch.tasks]).mean(0)
        loss = (steps * steps.new_tensor(loss_weights(recipe.unrolled, step, recipe.anneal))).sum()
        return {"loss": loss, "first": steps[0].detach(), "last": steps[-1].detach()}

    def _tasks(self, clean: Tensor, generator: torch.Generator) -> list["_Task"]:
        """Draw tasks, each with photographs, a kernel, and a scale if the recipe has a range of scales."""
        recipe, config = self.recipe, self.method.config
        each = recipe.support + recipe.query
        if recipe.scales is None:
            drawn = self.family.sample(recipe.tasks, generator)
            lr = drawn.repeat_interleave(each).apply(clean, generator)
            parts = zip(lr.split(each), clean.split(each), drawn.kernels, strict=True)
            return [_Task(*part, scale=config.scale) for part in parts]
        low, high = recipe.scales
        chosen = low + (high - low) * torch.rand(recipe.tasks, generator=generator, device=generator.device)
        tasks = []
        for hr, scale in zip(clean.split(each), chosen.tolist(), strict=True):
            kernel = sample_kernels(1, scale, 15, generator, least=recipe.least, sharp=recipe.sharp)[0]
            tasks.append(_Task(*shrink(hr, kernel, scale, config.down), kernel, scale))
        return tasks

    def _learn(self, start: Params, task: "_Task") -> Tensor:
        """Adapt to a task; return the loss on its query set after each inner step, ``(unrolled,)`` (Eq. 4 to 6)."""
        count = self.recipe.support
        x, y = task.lr[:count], task.hr[:count]
        if self.recipe.pairs == "son":
            x, y = shrink(x, task.kernel, task.scale, self.method.config.down)

        def loss(params: Params, x: Tensor, y: Tensor) -> Tensor:
            return F.l1_loss(self.method.call(params, x, task.scale, (y.shape[-2], y.shape[-1])), y)

        rates = [self.method.rate(self.recipe.rate, step) for step in range(self.recipe.unrolled)]
        path = adapt(lambda params: loss(params, x, y), start, rates, first_order=self.recipe.first_order)
        return torch.stack([loss(params, task.lr[count:], task.hr[count:]) for params, _ in path])


@dataclass(frozen=True)
class _Task:
    """Photographs degraded by one kernel at one scale: first the support set, then the query set."""

    lr: Tensor
    hr: Tensor
    kernel: Tensor
    scale: float


@dataclass(frozen=True)
class _Tasks(Batch):
    tasks: tuple[_Task, ...]


def shrink(hr: Tensor, kernel: Tensor, scale: float, down: Downsampling) -> tuple[Tensor, Tensor]:
    """Apply Eq. 1 for any scale, not only integers; ``direct`` keeps the pixels nearest to 0, s, 2s, ...

    Args:
        hr: ``(n, 3, h, w)``.
        kernel: ``(k, k)``, for all images.
        scale: HR pixels per LR pixel.
        down: kind of subsampling.

    Returns:
        LR images, clipped and not rounded, and the part of ``hr`` that they cover.
    """
    blurred = blur(hr, kernel.to(hr).expand(len(hr), -1, -1), "symmetric")
    counts = [int(side // scale) for side in hr.shape[2:]]
    height, width = (int(count * scale) for count in counts)
    if down == "bicubic":
        lr = resize(blurred[..., :height, :width], 1 / scale, (counts[0], counts[1]))
    else:
        rows, columns = ((torch.arange(count, device=hr.device) * scale).round().long() for count in counts)
        lr = blurred[..., rows, :][..., columns]
    return lr.clamp(0, 1), hr[..., :height, :width]


class Estimate(Stage):
    """Stage that trains the estimator on the kernels of Eq. 3 and narrower ones; the SR network is frozen."""

    method: MZSR
    recipe: EstimateRecipe
    oracle_hints = frozenset({"noise"})

    def __init__(self, model: MZSR, recipe: EstimateRecipe) -> None:
        super().__init__()
        self.method, self.recipe = model, recipe

    @property
    def crops(self) -> tuple[int, int]:
        return self.recipe.batch, self.recipe.window * self.method.config.scale

    @property
    def family(self) -> KernelFamily:
        config = self.method.config
        return KernelFamily(config.scale, 15, border="symmetric", down=config.down, least=self.recipe.least)

    def groups(self) -> list[ParameterGroup]:
        recipe = self.recipe
        return [ParameterGroup("estimator", list(self.method.estimator.parameters()), recipe.lr, muon=recipe.muon)]

    def prepare(self, clean: Tensor, generator: torch.Generator, step: int) -> Pairs:
        return Pairs.draw(self.family, clean, generator)

    def losses(self, batch: Pairs, generator: torch.Generator, step: int) -> dict[str, Tensor]:
        found, log_errors = self.method.estimator(batch.lr)
        # What counts is the kernel's shape in LR pixels, whatever the scale.
        difference = (found - kernels.kernel_covariance(batch.truth.kernels)) / self.method.config.scale
        errors = F.smooth_l1_loss(difference, torch.zeros_like(difference), beta=0.02, reduction="none").mean((1, 2))
        # The likelihood of a Laplace distribution, which is largest where the expected errors equal the actual ones
        return {"loss": (errors * (-log_errors).exp() + log_errors).mean(), "error": errors.mean().detach()}


def loss_weights(unrolled: int, step: int, anneal: int) -> list[float]:
    """Return the weights of the query losses after each inner step (Section 5.1); they sum to 1.

    They are equal at first, and all but the last decrease linearly to 0 within ``anneal`` steps. The released code
    never increments its counter, so the published models were trained with equal weights (``anneal`` 0).
    """
    faded = min(1.0, step / anneal) if anneal else 0.0
    early = (1 - faded) / unrolled
    return [early] * (unrolled - 1) + [1 - early * (unrolled - 1)]
