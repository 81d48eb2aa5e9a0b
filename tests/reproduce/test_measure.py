from pathlib import Path
from unittest.mock import Mock

import pytest
import torch

from blindsr.errors import BlindSRError, Code
from blindsr.evaluate import data_sets, evaluate, protocol
from blindsr.inference import Bicubic, Upscaler
from blindsr.methods.cmdsr.model import CMDSR, CMDSRConfig
from blindsr.methods.mrda.model import MRDA, MRDAConfig
from blindsr.methods.mzsr.model import MZSR, MZSRConfig
from blindsr.reproduce.measure import MeasuredCell, Meter, multiply_adds, parameters, seconds
from blindsr.reproduce.study import Column, Row


def upscaler(**config: object) -> Upscaler:
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        values = {"scale": 2, "channels": 4, "blocks": 1, "mln": 4, **config}
        return Upscaler(MRDA(MRDAConfig.model_validate(values)), device="cpu", precision="fp32")


def test_mean_and_spread_over_seeds() -> None:
    made = MeasuredCell.of([(1.0, 10.0), (2.0, 10.0), (3.0, 10.0)])
    assert made.mean == (2.0, 10.0)
    assert made.spread == (1.0, 0.0)
    assert MeasuredCell.of([(1.0,)]).spread is None


def test_a_cell_is_what_evaluation_gives(hr_folder: Path) -> None:
    data = data_sets(hr_folder)
    meter, one = Meter({"set5": data[0]}), upscaler()
    column = Column(label="", protocol="mrda-gaussian8-x2", data="Set5", measures=("psnr", "ssim"))
    expected = evaluate(lambda lr, _: one(lr), protocol("mrda-gaussian8-x2"), data, model="m").columns[0].model
    assert meter.cell("a", one, Row(label="m"), column, ()) == (expected.psnr, expected.ssim)
    assert (
        meter.cell("a", one, Row(label="m"), Column(label="", protocol="mrda-gaussian8-x2", data="Set14"), ()) is None
    )
    assert meter.cell("a", one, Row(label="m"), Column(label="", protocol="cmdsr-middle", data="Set5"), ()) is None


@pytest.mark.parametrize("source", ["mln", "lr", "oracle"])
def test_every_teacher_is_measured(source: str, hr_folder: Path) -> None:
    meter, one = Meter({"set5": data_sets(hr_folder, 1)[0]}), upscaler(source=source)
    column = Column(label="", protocol="mrda-gaussian8-x2", data="Set5")
    taught = meter.cell("a", one, Row(label="t", teacher=True), column, (0.1,))
    assert taught != meter.cell("a", one, Row(label="s"), column, ())
    size = (16, 12)
    timed = Column(label="", quantity="seconds", size=size)
    time = meter.cell("a", one, Row(label="t", teacher=True), timed, (0.1,))
    assert time is not None
    assert 0 < time[0] < 10
    adds = Column(label="", quantity="multiply-adds", size=size)
    assert meter.cell("a", one, Row(label="t", teacher=True), adds, (0.1,)) is None
    with pytest.raises(BlindSRError, check=Code.UNSUPPORTED_OPTION.matches):
        Meter(meter.sets).cell("a", Upscaler(Bicubic(2)), Row(label="t", teacher=True), column, ())


def test_parameters_of_what_restores_and_of_parts() -> None:
    method = MRDA(MRDAConfig(scale=2, channels=4, blocks=1, mln=4))
    one = Upscaler(method, device="cpu", precision="fp32")
    parts = [sum(p.numel() for p in part.parameters()) for part in (method.rdan, method.student)]
    assert parameters(one) == sum(parts)
    assert parameters(one, "rdan") == parts[0]
    with pytest.raises(BlindSRError, check=Code.UNKNOWN_NAME.matches):
        parameters(one, "body")


@pytest.mark.parametrize("kernel", [False, True])
def test_time_is_without_the_estimator_of_a_given_kernel(kernel: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    net = MZSR(MZSRConfig(layers=2, channels=4))
    estimate = Mock(side_effect=net.estimator.estimate)
    monkeypatch.setattr(net.estimator, "estimate", estimate)
    assert seconds(Upscaler(net, device="cpu", precision="fp32"), (16, 16), 1, kernel=kernel) > 0
    assert estimate.called != kernel


def test_multiply_adds_are_counted_layer_by_layer() -> None:
    net = CMDSR(CMDSRConfig(scale=2, blocks=1, channels=4, modulation="none"))
    pixels = 10 * 6
    layers = 9 * (3 * 4 + 2 * 4 * 4 + 4 * 16) + 4 * 9 * 4 * 3  # the last one at twice the size
    assert multiply_adds(Upscaler(net, device="cpu", precision="fp32"), (10, 6)) == pytest.approx(pixels * layers / 1e9)
    assert seconds(Upscaler(net, device="cpu", precision="fp32"), (10, 6)) > 0
