"""MRDA: Meta-Learning based Degradation Representation for Blind Super-Resolution (Xia et al., TIP 2023).

A small network (MLN) is meta-learned so that a few steps on an LR-HR pair adapt it to the degradation of the pair. A
teacher maps its features to a vector, the implicit degradation representation, and restores by it. A student learns to
predict the same vector from the LR image alone.

| paper | here |
|---|---|
| MLN, DEN, RDAN, Fig. 2 | `networks` |
| adaptation, Algorithm 2, lines 4 to 9 | `MRDA.specific` |
| D'_T, line 10 | `MRDA.specific_features` |
| MRDA_T | `MRDA.teacher_condition`, `MRDA.teacher_output` |
| Figure 9a | `MRDA.learner_output` |
| MRDA_S | `MRDA.condition`, `MRDA.restore` |

Deviations are listed in the README in this folder.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor

from blindsr.contract import Hints, Method, StrictModel, Traits, check_image
from blindsr.degrade.process import Degradation
from blindsr.errors import BlindSRError, Code
from blindsr.methods.mrda.networks import DEN, MLN, RDAN, OracleDEN
from blindsr.methods.mrda.visual import Discriminator
from blindsr.nn.adapt import Params, adapt
from blindsr.nn.blocks import windows

_MARGIN = 32
"""Context in LR pixels beyond which a long chain of blocks has no measurable influence."""
_KERNEL = 21
"""Side of the kernels for the oracle, HR pixels."""


class MRDAConfig(StrictModel):
    """Everything that fixes the shape of the networks."""

    scale: Literal[2, 3, 4] = 4
    channels: int = Field(64, gt=0, description="C; representations have 4 C numbers")
    blocks: int = Field(27, gt=0, description="RDA blocks")
    mln: int = Field(128, gt=0, description="C', channels of the meta-learning network")
    upscaler: Literal["fixed", "free"] = Field("fixed", description="MLN's, once it is pre-trained, Table VI")
    modulation: Literal["region", "channel"] = Field("region", description="RDAM, or DASR's in its place, Table V")
    dynamic: bool = Field(True, description="dynamic depth-wise convolution, or a plain one, Table V")
    source: Literal["mln", "lr", "oracle"] = Field("mln", description="input of the teacher's DEN, Table V")
    discriminator: int = Field(0, ge=0, description="channels of the U-Net that Eq. 3's L_adv needs; 0 for none")
    window: int = Field(128, gt=15, description="side of the windows for the condition of a large image, LR pixels")
    windows: int = Field(
        4, gt=0, description="largest number of windows, in a grid; images of up to as many pixels are used whole"
    )


class MRDA(Method[Tensor]):
    """All networks; the condition is the student's representation ``(1, 4 * channels)``."""

    Config = MRDAConfig
    training_only = ("mln", "teacher", "discriminator")
    config: MRDAConfig

    def __init__(self, config: MRDAConfig) -> None:
        super().__init__()
        self.config = config
        kinds = {"modulation": config.modulation, "dynamic": config.dynamic}
        self.student = DEN(3, config.channels)
        self.rdan = RDAN(config.channels, config.blocks, config.scale, **kinds)  # type: ignore[arg-type]
        self.mln = MLN(config.mln, config.scale, free=config.upscaler == "free")
        self.discriminator = Discriminator(config.discriminator) if config.discriminator else None
        self.teacher: DEN | OracleDEN
        if config.source == "oracle":
            self.teacher = OracleDEN(_KERNEL, config.channels)
        else:
            self.teacher = DEN(config.mln if config.source == "mln" else 3, config.channels)

    @classmethod
    def small_configs(cls) -> dict[str, StrictModel]:
        small = MRDAConfig(scale=2, channels=8, blocks=2, mln=4)
        return {
            "region": small,
            "x4": small.model_copy(update={"scale": 4}),
            "channel": small.model_copy(update={"modulation": "channel"}),
            "static": small.model_copy(update={"dynamic": False}),
        }

    @property
    def traits(self) -> Traits:
        # Four 3x3 convolutions a block, the head, the trunk, and the upscaler's and last ones.
        # With few channels, the enlarged image takes more memory than the features.
        floats = max(7 * self.config.channels, 8 * self.config.scale**2)
        return Traits(self.config.scale, min(4 * self.config.blocks + 5, _MARGIN), floats)

    def condition(self, lr: Tensor, *, generator: torch.Generator, hints: Hints = Hints()) -> Tensor:
        """Compute the representation of the whole image, or of evenly spaced windows of a large one."""
        check_image(lr)
        return self._represented(windows(lr, self.config.window, self.config.windows))

    def encoder_input(self, lr: Tensor, generator: torch.Generator) -> Tensor | None:
        return windows(lr, self.config.window, self.config.windows) if self.rdan.conditional else None

    def encode(self, encoder_input: Tensor) -> dict[str, Tensor]:
        return {"representation": self._represented(encoder_input)}

    def _represented(self, images: Tensor) -> Tensor:
        return self.student.represent(self.student.pooled(images).mean(0, keepdim=True))

    def restore(self, lr: Tensor, condition: Tensor) -> Tensor:
        check_image(lr)
        sr: Tensor = self.rdan(lr, condition.expand(len(lr), -1))
        return sr

    def modulation_maps(self, lr: Tensor, condition: Tensor) -> Tensor | None:
        """Modulation maps of Eq. 9 by layer (Figure 10): ``(layers, h, w)`` in [0, 1], or None without RDAM."""
        check_image(lr)
        maps: list[Tensor] = []
        self.rdan(lr, condition.expand(len(lr), -1), maps)
        return torch.stack([one[0, 0].float() for one in maps]) if maps else None

    def pack(self, condition: Tensor) -> dict[str, Tensor]:
        return {"representation": condition}

    def to_tensors(self, condition: Tensor) -> dict[str, Tensor]:
        return self.pack(condition) if self.rdan.conditional else {}

    def from_tensors(self, tensors: Mapping[str, Tensor]) -> Tensor:
        return tensors["representation"] if tensors else torch.zeros(1, 4 * self.config.channels)

    def unpack(self, tensors: Mapping[str, Tensor]) -> Tensor:
        shape = (1, 4 * self.config.channels)
        if tensors.keys() != {"representation"} or tensors["representation"].shape != shape:
            raise BlindSRError(f"not a condition of this MRDA network: expected {shape[1]} numbers", Code.INCOMPATIBLE)
        return tensors["representation"]

    @torch.no_grad()
    def specific(self, lr: Tensor, hr: Tensor, rates: Sequence[float]) -> Params:
        """Algorithm 2, lines 4 to 9: adapt MLN to each pair separately.

        Every image of the batch gets its own weights; all are adapted in one pass, as groups of a convolution.

        Args:
            lr: ``(n, 3, h, w)``.
            hr: ``(n, 3, s*h, s*w)``.
            rates: size of each step; each call starts from the meta-learned weights.

        Returns:
            The adapted parameters of the n pairs, stacked along a new first dimension.
        """
        start, objective = self.mln.adaptable, self.mln.objective()

        def one(lr: Tensor, missing: Tensor) -> Params:
            params = start
            for params, _ in adapt(lambda params: objective(params, lr[None], missing[None]), start, rates):  # noqa: B007
                pass  # only the last one is needed
            return params

        return torch.func.vmap(one)(lr, self.mln.missing_detail(lr, hr))

    @torch.no_grad()
    def specific_features(self, lr: Tensor, params: Params) -> Tensor:
        """Algorithm 2, line 10: compute D'_T ``(n, mln, h, w)``, each image with its adapted weights."""
        return _each(self.mln.features, lr, params)

    @torch.no_grad()
    def specific_images(self, lr: Tensor, params: Params) -> Tensor:
        """Restore images with MLN and these weights (Figure 9a): ``(n, 3, s*h, s*w)``."""
        return _each(self.mln.adapted, lr, params)

    @torch.no_grad()
    def teacher_output(self, lr: Tensor, hr: Tensor, truth: Degradation, rates: Sequence[float]) -> Tensor:
        """Restore images with MRDA_T, ``(n, 3, s*h, s*w)``, not clamped; otherwise as `teacher_condition`."""
        check_image(lr)
        sr: Tensor = self.rdan(lr, self.teacher_condition(lr, hr, truth, rates))
        return sr.float()

    @torch.no_grad()
    def learner_output(self, lr: Tensor, hr: Tensor, rates: Sequence[float]) -> Tensor:
        """Restore images with MLN, adapted to each LR-HR pair (Figure 9a); not clamped.

        Raises:
            BlindSRError: the teacher does not use MLN.
        """
        if self.config.source != "mln":
            raise BlindSRError(
                "this MRDA network has no teacher that uses the meta-learning network", Code.UNSUPPORTED_OPTION
            )
        return self.specific_images(lr, self.specific(lr, hr, rates))

    def teacher_condition(self, lr: Tensor, hr: Tensor, truth: Degradation, rates: Sequence[float]) -> Tensor:
        """Compute D_T from the teacher's input: MLN, the LR image (Table V, T1) or the true degradation (T3).

        Args:
            lr: ``(n, 3, h, w)``.
            hr: ``(n, 3, s*h, s*w)``.
            truth: degradation of each image.
            rates: size of each step of MLN on each pair; without steps, the meta-learned weights are used.

        Returns:
            Representations ``(n, 4 * channels)``.
        """
        teacher = self.teacher
        if isinstance(teacher, OracleDEN):
            return teacher.represent(truth.kernels, truth.noise)
        if self.config.source == "lr":
            return teacher.represent(teacher.pooled(lr))
        features = self.specific_features(lr, self.specific(lr, hr, rates))
        return teacher.represent(teacher.pooled(features))


def _each(network: Callable[[Tensor, Params], Tensor], lr: Tensor, params: Params) -> Tensor:
    """Apply a network to each image with its own weights."""

    def one(lr: Tensor, params: Params) -> Tensor:
        return network(lr[None], params)[0]

    return torch.func.vmap(one)(lr, params)
