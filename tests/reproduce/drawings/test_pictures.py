from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from blindsr.contract import Hints
from blindsr.degrade import kernels
from blindsr.evaluate import data_sets, protocol, psnr
from blindsr.evaluate.definition import degradation
from blindsr.images import modcrop, quantise, read
from blindsr.inference import Upscaler
from blindsr.inference.modulation import modulation_map
from blindsr.methods.cmdsr.model import CMDSR, CMDSRConfig
from blindsr.methods.dmsr.model import DMSR, DMSRConfig
from blindsr.methods.mrda.model import MRDA, MRDAConfig
from blindsr.reproduce.drawings.pictures import Kernels, Maps, SupportSets, Window
from blindsr.reproduce.estimation import measure_estimates


def work(method: Any, folder: Path) -> Any:
    upscaler = None if method is None else Upscaler(method, device="cpu", precision="fp32")
    return SimpleNamespace(sets={"set5": data_sets(folder)[0]}, upscaler=lambda _: upscaler)


def test_a_window_shows_every_degradation(hr_folder: Path) -> None:
    figure = Window(kind="window", title="T", data="Set5", scale=2, widths=(0.5, 2.0), noises=(0.0, 15.0, 50.0))
    plot, _ = figure.draw(work(None, hr_folder))
    assert plot is not None
    assert [axes.get_title() for axes in plot.axes[:3]] == ["[0.5, 0]", "[0.5, 15]", "[0.5, 50]"]
    hr = modcrop(read(hr_folder / "a.png").pixels, 2)[None]
    (record,) = degradation("window-2-15", "a", scale=2, kernel=kernels.gaussian(15, 2.0), noise=15.0)
    shown = np.asarray(plot.axes[4].images[0].get_array())
    assert np.allclose(shown, record.apply(hr)[0].permute(1, 2, 0).numpy())


def test_kernels_stand_next_to_the_true_one(hr_folder: Path) -> None:
    method = DMSR(DMSRConfig(groups=1, blocks=1, channels=4, reduction=4, extractor=4))
    given = work(method, hr_folder)
    figure = Kernels(kind="kernels", title="T", data="Set5", protocol="dmsr-1.3-50-x4", lines={"ours": "v"})
    plot, numbers = figure.draw(given)
    assert plot is not None
    (errors,) = measure_estimates(given.upscaler(""), protocol("dmsr-1.3-50-x4"), [given.sets["set5"]])
    assert numbers == {"ours": {"kernel_error": errors.kernel_error, "width": errors.width_found}}
    assert [axes.get_title() for axes in plot.axes] == [
        "LR image",
        "true kernel",
        f"ours: error {errors.kernel_error:.2f}",
    ]
    true, estimated = (axes.images[0] for axes in plot.axes[1:])
    assert np.allclose(np.asarray(true.get_array()), kernels.gaussian(15, 1.3).numpy())
    assert np.asarray(estimated.get_array()).sum() == pytest.approx(1, abs=1e-4)
    assert true.get_clim() == estimated.get_clim()


def test_maps_keep_their_range(hr_folder: Path) -> None:
    given = work(MRDA(MRDAConfig(channels=4, blocks=1, mln=4)), hr_folder)
    figure = Maps(kind="maps", title="T", data="Set5", variant="v", protocol="mrda-width-2.4-x4", count=1)
    plot, numbers = figure.draw(given)
    assert plot is not None
    image = plot.axes[1].images[0]
    assert image.get_clim() == (0, 1)
    hr = modcrop(read(hr_folder / "a.png").pixels, 4)[None]
    lr = protocol("mrda-width-2.4-x4").degradations("a")[0].apply(hr)
    gain = modulation_map(given.upscaler(""), lr, given.upscaler("").condition(lr))
    assert np.allclose(np.asarray(image.get_array()), gain.numpy())
    assert numbers["a"]["std"] == pytest.approx(float(gain.std()))


def test_results_by_support_set(hr_folder: Path) -> None:
    net = CMDSR(CMDSRConfig(blocks=1, channels=4, support=2, patch=8, features=8, sets=1))
    given = work(net, hr_folder)
    figure = SupportSets(
        kind="support", title="T", data="Set5", variant="v", protocol="cmdsr-middle", image="b", repeats=3
    )
    plot, numbers = figure.draw(given)
    assert plot is not None
    assert list(numbers) == ["self-patches", "other-patches"]
    chosen, upscaler = protocol("cmdsr-middle"), given.upscaler("")
    a, b = (
        (chosen.degradations(name)[0].apply(hr), hr)
        for name in "ab"
        for hr in [modcrop(quantise(read(hr_folder / f"{name}.png").pixels), 4)[None]]
    )
    for label, support in (("self-patches", b[0]), ("other-patches", a[0])):
        with torch.no_grad():
            generator = torch.Generator().manual_seed(1)
            condition = net.condition(b[0], generator=generator, hints=Hints(support=[support]))
        expected = float(psnr(upscaler.restore(b[0], condition), b[1], chosen.convention))
        assert numbers[label]["psnr"][1] == pytest.approx(expected, abs=1e-4)
    given.sets = {}
    assert figure.draw(given) == (None, {})
