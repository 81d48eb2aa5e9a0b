"""Make the suites of `blindsr benchmark` from the published protocols; run once for each version of a suite.

    python benchmarks/freeze_suites.py --data bench/ --out src/blindsr/benchmark/suites

Suites never change once they are published: another list of cases is another name.
"""

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from blindsr.benchmark.originals import read_levels
from blindsr.benchmark.suite import Case, Suite, combined_digest, digest, parse_suite
from blindsr.degrade import Degradation
from blindsr.degrade.realworld.realesrgan import RealESRGAN
from blindsr.degrade.realworld.second_order import RealisticDegradation, Round
from blindsr.degrade.resample import MODES
from blindsr.evaluate import DataSet, Protocol, data_sets, protocols
from blindsr.evaluate.folder import image_files

_SETS = ("Set5", "Set14", "BSD100")
_CORE = (
    "cmdsr-simple",
    "cmdsr-middle",
    "cmdsr-severe",
    "dmsr-1.3-15-x4",
    "dmsr-2.6-50-x4",
    "mrda-gaussian8-x4-5",
    "mrda-aniso4-0",
    "dasr-aniso4-10",
    "mzsr-g2.0-direct-x4",
)
_JPEG = {
    "jpeg-75": "bicubic x4, JPEG 75",
    "jpeg-40": "bicubic x4, JPEG 40",
    "jpeg-10": "bicubic x4, JPEG 10",
    "jpeg-90-50": "bicubic x4, JPEG 90, cropped by (3, 5), JPEG 50",
    "jpeg-444-60": "bicubic x4, JPEG 60 with full chroma (4:4:4)",
    "jpeg-shared": "JPEG 92, bicubic x2, JPEG 80, cropped by (6, 2), bicubic x2, JPEG 70",
    "jpeg-noise": "bicubic x4, noise 8, JPEG 65",
}
_JPEG_CORE = ("jpeg-40", "jpeg-shared")


def main() -> None:
    """Freeze both suites."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    sets = {one.name: one for one in data_sets(arguments.data) if one.name in _SETS}
    freeze(classic(sets), sets, arguments.out)
    freeze(real(sets, arguments.data / "RealSR"), sets, arguments.out)


def classic(sets: dict[str, DataSet]) -> dict[str, Any]:
    """Every protocol of the papers; one case for each kernel."""
    kernels: dict[str, Any] = {}
    cases = [case for protocol in protocols().values() for case in _cases(protocol, kernels)]
    return {
        "format": "blindsr-suite",
        "version": 1,
        "name": "blind-classic-1",
        "title": "Degradations of CMDSR, DMSR, MRDA, DASR and MZSR: Gaussian blur, subsampling, noise",
        "data_sets": {name: _originals(one.paths) for name, one in sets.items()},
        "kernels": kernels,
        "cases": cases,
    }


def real(sets: dict[str, DataSet], pairs: Path) -> dict[str, Any]:
    """Pairs of photographs, second-order degradations and JPEG histories."""
    kernels: dict[str, Any] = {}
    low, high = (image_files(pairs / side) for side in ("LR", "HR"))
    assert [path.name for path in low] == [path.name for path in high]
    measured = {"channel": "y", "border": 4, "rounding": "sr"}
    cases: list[dict[str, Any]] = [
        {
            "name": "realsr",
            "title": "photographs of a camera at two focal lengths, 100 centre crops of RealSR v3, x4",
            "source": "RealSR (Cai et al., 2019); crops of StableSR (Wang et al., 2023)",
            "scale": 4,
            "measured": {**measured, "border": 0},
            "core": True,
            "pairs": {"RealSR": {path.stem: digest(read_levels(path)) for path in low}},
        },
        {
            "name": "second-order",
            "title": "two rounds of blur, resizing, noise and JPEG, another record for each image, x4",
            "source": "Distribution of Real-ESRGAN (Wang et al., 2021); shot noise drawn as normal noise",
            "scale": 4,
            "measured": measured,
            "core": True,
            "records": _second_order(sets, kernels),
        },
        *(
            {
                "name": name,
                "title": title,
                "source": "JPEG histories",
                "scale": 4,
                "measured": measured,
                "core": name in _JPEG_CORE,
                "steps": _history(name),
            }
            for name, title in _JPEG.items()
        ),
    ]
    return {
        "format": "blindsr-suite",
        "version": 1,
        "name": "blind-real-1",
        "title": "Photographs of a camera, second-order degradations, and JPEG compressed more than once",
        "data_sets": {**{name: _originals(one.paths) for name, one in sets.items()}, "RealSR": _originals(high)},
        "kernels": kernels,
        "cases": cases,
    }


def freeze(plain: dict[str, Any], sets: dict[str, DataSet], out: Path) -> None:
    """Add the sums of the LR images and write the file."""
    for case in plain["cases"]:
        if "pairs" not in case:
            case["sha256"] = dict.fromkeys(sets, "")
    suite = parse_suite(json.dumps(plain), plain["name"])
    originals = {name: {path.stem: read_levels(path) for path in one.paths} for name, one in sets.items()}
    for values, case in zip(plain["cases"], suite.cases, strict=True):
        if not case.pairs:
            values["sha256"] = {name: _total(suite, case, name, originals[name]) for name in case.data_sets}
            print(plain["name"], case.name, flush=True)
    (out / f"{plain['name']}.json").write_text(_json(plain))


def _total(suite: Suite, case: Case, data_set: str, originals: dict[str, Tensor]) -> str:
    return combined_digest([digest(suite.degrade(case, data_set, image, hr)) for image, hr in originals.items()])


def _originals(paths: Sequence[Path]) -> dict[str, Any]:
    read = {path.stem: read_levels(path) for path in paths}
    return {name: {"size": [hr.shape[2], hr.shape[1]], "sha256": digest(hr)} for name, hr in read.items()}


def _cases(protocol: Protocol, kernels: dict[str, Any]) -> list[dict[str, Any]]:
    rows = protocol.degradations("any")
    convention = protocol.convention
    found = []
    for number, row in enumerate(rows, 1):
        name = protocol.name if len(rows) == 1 else f"{protocol.name}-{number}"
        title = protocol.title if len(rows) == 1 else f"{protocol.title}, kernel {number}"
        found.append(
            {
                "name": name,
                "title": title,
                "source": protocol.source,
                "scale": protocol.scale,
                "measured": {
                    "channel": convention.channel,
                    "border": convention.border,
                    "rounding": convention.rounding,
                },
                "core": name in _CORE,
                "steps": _classic_steps(row, kernels),
            }
        )
    return found


def _classic_steps(row: Degradation, kernels: dict[str, Any]) -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = []
    if row.kernels.shape[-1] > 1:
        steps.append({"step": "blur", "kernel": _named(row.kernels[0], kernels, 20), "border": row.border})
    if row.blur_rounding != "none":
        steps.append({"step": "quantise", "how": row.blur_rounding})
    steps.append({"step": "reduce", "scale": row.scale, "mode": "antialiased" if row.down == "bicubic" else "direct"})
    if float(row.noise) > 0:
        steps.append({"step": "noise", "std": float(row.noise)})
    return [*steps, {"step": "quantise", "how": row.rounding}]


def _named(kernel: Tensor, kernels: dict[str, Any], bits: int) -> str:
    """The name of a kernel in whole numbers, which is added if it is new; rims of zeros are cut off."""
    whole = (kernel.double() * 2**bits).round().long()
    centre = len(whole) // 2
    whole[centre, centre] += 2**bits - int(whole.sum())
    rim = 0
    while rim < centre and int(whole.abs().sum()) == int(whole[rim + 1 : -rim - 1, rim + 1 : -rim - 1].abs().sum()):
        rim += 1
    rows = whole[rim : len(whole) - rim, rim : len(whole) - rim].tolist()
    for name, known in kernels.items():
        if known == rows:
            return name
    name = f"k{len(kernels) + 1}"
    kernels[name] = rows
    return name


def _second_order(sets: dict[str, DataSet], kernels: dict[str, Any]) -> dict[str, Any]:
    family, seed = RealESRGAN(4, 21, once=0.25), 20261126
    records: dict[str, Any] = {}
    for data_set, one in sets.items():
        rows = family.sample(len(one.paths), seed + len(one.paths))
        records[data_set] = {
            path.stem: _record(rows[i : i + 1], read_levels(path), kernels) for i, path in enumerate(one.paths)
        }
    return records


def _record(row: RealisticDegradation, hr: Tensor, kernels: dict[str, Any]) -> list[dict[str, Any]]:
    height, width = (side // row.scale for side in hr.shape[1:])
    full = (height * row.scale, width * row.scale)
    last = {"step": "resize", "size": [height, width], "mode": MODES[int(row.last_mode)]}
    steps = [
        *_round(row.first, full, kernels),
        *_round(row.second, (height, width), kernels),
        last,
        *_blur(row.sinc[0], kernels),
        {"step": "quantise"},
    ]
    return [*steps, {"step": "jpeg", "quality": int(row.last_jpeg)}] if int(row.last_jpeg) else steps


def _round(one: Round, size: tuple[int, int], kernels: dict[str, Any]) -> list[dict[str, Any]]:
    resized = [max(1, round(side * float(one.factor))) for side in size]
    steps = [*_blur(one.kernels[0], kernels), {"step": "resize", "size": resized, "mode": MODES[int(one.mode)]}]
    gray = bool(one.gray)
    if float(one.poisson) > 0:
        steps.append({"step": "shot", "strength": round(float(one.poisson) * 256) / 256, "gray": gray})
    elif float(one.noise) > 0:
        steps.append({"step": "noise", "std": round(float(one.noise) * 256) / 256, "gray": gray})
    return [*steps, {"step": "jpeg", "quality": int(one.jpeg)}] if int(one.jpeg) else steps


def _blur(kernel: Tensor, kernels: dict[str, Any]) -> list[dict[str, Any]]:
    if float(kernel.max()) > 0.999:
        return []
    return [{"step": "blur", "kernel": _named(kernel, kernels, 12), "border": "reflect"}]


def _history(name: str) -> list[dict[str, Any]]:
    def jpeg(quality: int, **more: Any) -> dict[str, Any]:
        return {"step": "jpeg", "quality": quality, **more}

    def reduce(scale: int) -> dict[str, Any]:
        return {"step": "reduce", "scale": scale}

    quarter = reduce(4)
    return {
        "jpeg-75": [quarter, jpeg(75)],
        "jpeg-40": [quarter, jpeg(40)],
        "jpeg-10": [quarter, jpeg(10)],
        "jpeg-90-50": [quarter, jpeg(90, offset=[3, 5]), jpeg(50)],
        "jpeg-444-60": [quarter, jpeg(60, full_chroma=True)],
        "jpeg-shared": [jpeg(92), reduce(2), jpeg(80, offset=[6, 2]), reduce(2), jpeg(70)],
        "jpeg-noise": [quarter, {"step": "noise", "std": 8.0}, jpeg(65)],
    }[name]


def _json(plain: dict[str, Any]) -> str:
    """JSON with a line for each case, kernel and image."""
    head = {key: value for key, value in plain.items() if key not in ("data_sets", "kernels", "cases")}
    lines = [f" {json.dumps(key)}: {json.dumps(value)}," for key, value in head.items()]
    compact: Callable[[Any], str] = lambda value: json.dumps(value, separators=(",", ":"))  # noqa: E731
    lines.append(' "data_sets": {')
    blocks = [
        f"  {json.dumps(name)}: {{\n"
        + ",\n".join(f"   {json.dumps(image)}: {compact(value)}" for image, value in one.items())
        + "\n  }"
        for name, one in plain["data_sets"].items()
    ]
    lines += [",\n".join(blocks), " },", ' "kernels": {']
    lines.append(",\n".join(f"  {json.dumps(name)}: {compact(value)}" for name, value in plain["kernels"].items()))
    lines += [" },", ' "cases": [', ",\n".join(f"  {compact(case)}" for case in plain["cases"]), " ]"]
    return "{\n" + "\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
