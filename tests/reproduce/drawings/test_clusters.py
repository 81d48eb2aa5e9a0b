from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import torch

from blindsr.contract import Hints
from blindsr.errors import BlindSRError, Code
from blindsr.evaluate import data_sets
from blindsr.images import modcrop, read
from blindsr.inference import Upscaler
from blindsr.methods.cmdsr.model import CMDSR, CMDSRConfig
from blindsr.methods.mrda.model import MRDA, MRDAConfig
from blindsr.reproduce.drawings.clusters import Clusters, Panel, RandomTasks, Task


def work(method: Any, folder: Path) -> Any:
    upscaler = Upscaler(method, device="cpu", precision="fp32")
    data = data_sets(folder)[0]
    return SimpleNamespace(
        sets={"set5": data},
        upscaler=lambda _: upscaler,
        teacher_rates=lambda _: (0.1,),
        check_teacher=lambda _: None,
        data=data,
    )


def test_support_sets_of_random_tasks_after_the_first_modulation(hr_folder: Path) -> None:
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)  # some initial weights give the same feature for all images
        net = CMDSR(CMDSRConfig(blocks=1, channels=4, support=2, patch=8, features=8, sets=1))
    panel = Panel(label="a", variant="v", modulated=True)
    figure = Clusters(
        kind="clusters", title="T", data="Set5", panels=(panel,), random=RandomTasks(count=3), repeats=4, kernel=15
    )
    given = work(net, hr_folder)
    found = figure.represent(given, panel, given.data)
    assert found.vectors.shape == (12, 4)
    assert found.labels.tolist() == [0] * 4 + [1] * 4 + [2] * 4
    assert not torch.equal(found.vectors[0], found.vectors[1])  # other patches
    assert figure.random is not None
    task = figure.random.drawn()[1]
    scale = 4
    lr = [task.record(path.stem, scale, 15).apply(modcrop(read(path).pixels, scale)[None]) for path in given.data.paths]
    with torch.no_grad():
        condition = net.condition(lr[0], generator=torch.Generator().manual_seed(2), hints=Hints(support=lr))
        torch.testing.assert_close(found.vectors[6], net.base.body[0].first.modulation(condition)[0])  # type: ignore[index]


def test_teachers_and_students_look_at_images(hr_folder: Path) -> None:
    given = work(MRDA(MRDAConfig(scale=2, channels=4, blocks=1, mln=4)), hr_folder)
    tasks = tuple(Task(label=str(width), widths=(width, width)) for width in (0.5, 3.0))
    panels = (Panel(label="s", variant="v"), Panel(label="t", variant="v", teacher=True))
    figure = Clusters(kind="clusters", title="T", data="Set5", panels=panels, tasks=(tasks,), neighbours=2)
    student, teacher = (figure.represent(given, panel, given.data) for panel in panels)
    assert student.vectors.shape == teacher.vectors.shape == (2 * len(given.data.paths), 16)
    assert not torch.equal(student.vectors, teacher.vectors)
    given.sets = {}
    assert figure.draw(given) == (None, {})


def test_methods_without_them_get_one_sentence(hr_folder: Path) -> None:
    net = CMDSR(CMDSRConfig(blocks=1, channels=4, support=2, patch=8, features=8))
    given, task = work(net, hr_folder), (Task(label="a"),)
    teacher = Panel(label="t", variant="v", teacher=True)
    figure = Clusters(kind="clusters", title="T", data="Set5", panels=(teacher,), tasks=(task,))
    with pytest.raises(BlindSRError, check=Code.UNSUPPORTED_OPTION.matches):
        figure.draw(given)
    modulated = Panel(label="m", variant="v", modulated=True)
    figure = Clusters(kind="clusters", title="T", data="Set5", panels=(modulated,), tasks=(task,))
    with pytest.raises(BlindSRError, check=Code.UNSUPPORTED_OPTION.matches):
        figure.draw(cast("Any", work(MRDA(MRDAConfig(scale=2, channels=4, blocks=1, mln=4)), hr_folder)))
