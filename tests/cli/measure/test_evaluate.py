"""``blindsr evaluate`` as a user types it, on two small images."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import typer
from typer.testing import CliRunner, Result

from blindsr import images
from blindsr.cli.measure.evaluate import evaluate
from blindsr.errors import BlindSRError


@pytest.fixture
def data(tmp_path: Path) -> Path:
    generator = torch.Generator().manual_seed(0)
    for name in ("Set5", "Set14"):
        (tmp_path / "bench" / name).mkdir(parents=True)
        pixels = torch.rand(3, 40, 44, generator=generator)
        images.write(images.Picture(pixels), tmp_path / "bench" / name / f"of_{name}.png")
    return tmp_path / "bench"


def _run(*arguments: str | Path) -> Result:
    app = typer.Typer()
    app.command()(evaluate)
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def _sentence(*arguments: str | Path) -> str:
    """The error that a run ends in."""
    error = _run(*arguments).exception
    assert isinstance(error, BlindSRError), error
    return str(error)


def test_bicubic_on_two_protocols(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    tables = tmp_path / "out.md"
    result = _run(
        "-m", "bicubic", "-p", "cmdsr-middle", "-p", "cmdsr-simple-nf", "--data", data / "Set14",
        "--data", data / "Set5", "--json", out,
        "--markdown", tables, "--device", "cpu",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "cmdsr-middle" in result.output
    assert "27.10" in result.output
    assert tables.read_text(encoding="utf-8").count("| bicubic |") == 2
    read = json.loads(out.read_text(encoding="utf-8"))
    assert [one["protocol"] for one in read["protocols"]] == ["cmdsr-middle", "cmdsr-simple-nf"]
    for one in read["protocols"]:
        assert [column["name"] for column in one["data_sets"]] == ["Set5", "Set14"]
        for column in one["data_sets"]:
            assert column["model"] == pytest.approx(column["bicubic"])


def test_a_part_of_a_data_set_or_a_harder_task_is_not_compared_with_the_paper(data: Path, tmp_path: Path) -> None:
    images.write(images.Picture(torch.rand(3, 40, 44)), data / "Set5" / "another.png")
    out = tmp_path / "out.json"
    common = ("-m", "bicubic", "--data", data / "Set5", "--json", out, "--device", "cpu", "--overwrite")
    found, settings = [], {}
    for more in (
        ("-p", "cmdsr-middle"),
        ("-p", "cmdsr-middle", "--limit", "1"),
        ("-p", "cmdsr-middle", "--limit", "2"),
        ("-p", "mzsr-bicubic", "--kernel", "given"),
        ("-p", "mzsr-bicubic", "--kernel", "estimated"),
    ):
        assert _run(*common, *more).exit_code == 0
        (one,) = json.loads(out.read_text(encoding="utf-8"))["protocols"]
        found.append(one["data_sets"][0]["paper"])
        settings = one["settings"]
    assert found == [27.10, None, 27.10, 37.25, None]
    assert settings.items() >= {"kernel": "estimated", "seed": 0, "device": "cpu", "limit": None}.items()
    assert settings["precision"] in {"fp32", "bf16"}  # not auto, which depends on the machine


def test_results_made_elsewhere(data: Path, tmp_path: Path) -> None:
    sr = tmp_path / "mine"
    assert _run("-m", "bicubic", "-p", "cmdsr-severe", "--data", data, "--save-sr", sr).exit_code == 0
    result = _run("--results", sr, "-p", "cmdsr-severe", "--data", data)
    assert result.exit_code == 0, result.output
    assert "mine" in result.output
    assert "no subfolder cmdsr-simple" in _sentence(
        "--results", sr, "-p", "cmdsr-severe", "-p", "cmdsr-simple", "--data", data
    )


def test_mistakes_are_answered_in_one_sentence(data: Path, tmp_path: Path) -> None:
    given = ("-p", "cmdsr-middle", "--data", data)
    assert "did you mean 'cmdsr-middle'" in _sentence("-m", "bicubic", "-p", "middle", "--data", data)
    assert "either --model or --results" in _sentence(*given)
    assert "either --model or --results" in _sentence(*given, "-m", "bicubic", "--results", tmp_path)
    assert "does not exist" in _sentence("-m", "bicubic", "-p", "cmdsr-middle", "--data", tmp_path / "none")
    assert "cannot write" in _sentence(*given, "-m", "bicubic", "--json", tmp_path / "none" / "out.json")
    assert "--save-sr" in _sentence(*given, "--results", tmp_path, "--save-sr", tmp_path / "sr")
    assert "different folders" in _sentence(
        *given, "-m", "bicubic", "--save-lr", tmp_path / "a", "--save-sr", tmp_path / "a"
    )
    assert "--steps" in _sentence(*given, "--results", tmp_path, "--steps", "1")
    assert "no result for of_Set5" in _sentence(*given, "--results", tmp_path)
    assert "precision" in _sentence(*given, "-m", "bicubic", "--precision", "fp8")


def test_nothing_is_written_when_a_run_fails(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    (data / "Set14" / "of_Set14.png").write_bytes(b"no image")
    assert "of_Set14.png" in _sentence("-m", "bicubic", "-p", "cmdsr-simple", "--data", data, "--json", out)
    assert not out.exists()


def test_help_loads_no_torch() -> None:
    code = "import sys, blindsr.cli.measure.evaluate; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_networks_and_parameters_come_from_files_that_are_checked(data: Path, tmp_path: Path) -> None:
    torch.save({}, tmp_path / "empty.pth")
    common = ("-m", "bicubic", "-p", "cmdsr-middle", "--data", data, "--device", "cpu")
    for option, words in (
        ("--lpips", "named tensors"),
        ("--vgg", "named tensors"),
        ("--niqe", "is not a .mat or .npz file:"),
    ):
        assert words in _sentence(*common, option, tmp_path / "empty.pth")
        assert "none.pth" in _sentence(*common, option, tmp_path / "none.pth")


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    """``Real`` with LR 16x12 and HR 64x48 of two photographs."""
    folder = tmp_path / "Real"
    generator = torch.Generator().manual_seed(0)
    for name in ("a", "b"):
        hr = torch.rand(3, 12, 16, generator=generator).repeat_interleave(4, 1).repeat_interleave(4, 2)
        for part, pixels in (("HR", hr), ("LR", hr[:, ::4, ::4])):
            (folder / part).mkdir(parents=True, exist_ok=True)
            images.write(images.Picture(pixels), folder / part / f"{name}.png")
    return folder


def test_real_pairs_with_a_model_and_with_its_results(pairs: Path, tmp_path: Path, tiny: Path) -> None:
    out, sr = tmp_path / "out.json", tmp_path / "sr"
    result = _run("-m", tiny, "-p", "realsr", "--data", pairs, "--save-sr", sr, "--json", out, "--device", "cpu")
    assert result.exit_code == 0, result.output
    assert "realsr: pairs of real photographs, x4, Real (2)" in " ".join(result.output.split())
    (one,) = json.loads(out.read_text(encoding="utf-8"))["protocols"]
    assert list(one["measures"]) == ["psnr", "ssim", "psnr_border4", "artefacts"]
    again = tmp_path / "again.json"
    assert _run("--results", sr, "-p", "realsr", "--data", pairs, "--json", again).exit_code == 0
    (other,) = json.loads(again.read_text(encoding="utf-8"))["protocols"]
    for mine, theirs in zip(one["data_sets"][0]["images"], other["data_sets"][0]["images"], strict=True):
        for name, value in mine["model"].items():
            assert theirs["model"][name] == pytest.approx(value, rel=1e-3 if name == "artefacts" else 1e-9)
    apart = ("--data", pairs / "HR", "--lr", pairs / "LR", "--json", again, "--overwrite")
    assert _run("-m", "bicubic", "-p", "realsr", *apart).exit_code == 0
    (other,) = json.loads(again.read_text(encoding="utf-8"))["protocols"]
    assert other["data_sets"][0]["bicubic"] == one["data_sets"][0]["bicubic"]


def test_photographs_without_originals(pairs: Path, tmp_path: Path) -> None:
    tables = tmp_path / "out.md"
    assert _run("-m", "bicubic", "-p", "realsrset", "--data", pairs / "LR", "--markdown", tables).exit_code == 0
    assert "| a | 1.00 |" in tables.read_text(encoding="utf-8")


def test_mistakes_with_real_photographs(pairs: Path, tmp_path: Path, data: Path) -> None:
    common = ("-m", "bicubic", "--data", pairs)
    assert "evaluate it separately" in _sentence(*common, "-p", "realsr", "-p", "cmdsr-middle")
    assert "--save-lr" in _sentence(*common, "-p", "realsr", "--save-lr", tmp_path)
    assert "--lr is only supported by protocols of real photographs" in _sentence(
        "-m", "bicubic", "--data", data, "-p", "cmdsr-middle", "--lr", pairs
    )
    assert "LR images only" in _sentence(*common, "-p", "realsrset", "--lr", pairs / "LR")
    assert "contains no pairs" in _sentence("-m", "bicubic", "--data", data, "-p", "realsr")
