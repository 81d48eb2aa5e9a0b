"""Write the numbers that authors printed as submissions: benchmarks/submissions/published-*.json.

python benchmarks/published.py
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from blindsr.benchmark.submission import Interval, Program, Result, Submission
from blindsr.benchmark.suite import load_suite
from blindsr.evaluate import protocols, real_protocols

_FOLDER = Path(__file__).parent / "submissions"
_COUNTS = {"Set5": 5, "Set14": 14, "BSD100": 100, "RealSR": 100}


Key = tuple[str, str, str]
"""Suite, model and source."""


def main() -> None:
    """Write a submission for each model and suite."""
    rows: dict[Key, list[Result]] = defaultdict(list)
    for key, result in (*_synthetic(), *_photographs()):
        rows[key].append(result)
    for (suite, model, source), results in rows.items():
        submission = Submission(
            suite=suite,
            published=f"as printed in {source}",
            program=Program(name=model),
            measures={name: name.upper() for one in results for name in one.means},
            results=tuple(results),
        )
        name = re.sub(r"[^a-z0-9]+", "-", f"published-{suite[6:-2]}-{model} {source}".lower()).strip("-")
        (_FOLDER / f"{name}.json").write_text(submission.to_json())


def _synthetic() -> Iterator[tuple[Key, Result]]:
    cases = {case.name for case in load_suite("blind-classic-1").cases}
    for protocol in protocols().values():
        source = protocol.source.partition(", Table")[0]
        for model, values in protocol.paper.items() if protocol.name in cases else ():
            for data_set in sorted(values.keys() & _COUNTS.keys()):
                yield ("blind-classic-1", model, source), _result(protocol.name, data_set, {"psnr": values[data_set]})


def _photographs() -> Iterator[tuple[Key, Result]]:
    for real in real_protocols().values():
        source = real.source.removeprefix("Published rows: ")
        for (data_set, _, _), models in real.published.items():
            for model, measured in models.items():
                yield ("blind-real-1", model, source), _result(real.name, data_set, measured)


def _result(case: str, data_set: str, values: Mapping[str, float]) -> Result:
    means = {name: Interval(mean=value) for name, value in values.items()}
    return Result(case=case, data_set=data_set, count=_COUNTS[data_set], means=means)


if __name__ == "__main__":
    main()
