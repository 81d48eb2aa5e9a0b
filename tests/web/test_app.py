import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from blindsr.web.app import bare_app

STORED = Path(__file__).with_name("openapi.json")


def described() -> dict[str, Any]:
    """The schema, of whatever version."""
    return {**bare_app().openapi(), "info": {}}


def test_the_schema_changes_only_when_it_is_meant_to() -> None:
    """After a change that is meant: ``python -m tests.web.test_app`` writes it again."""
    assert described() == json.loads(STORED.read_text())


def test_every_schema_that_is_referred_to_is_there() -> None:
    text = json.dumps(described())
    prefix = "#/components/schemas/"
    assert set(re.findall(rf'"\$ref": "{prefix}(\w+)"', text)) <= set(described()["components"]["schemas"])


def test_every_operation_is_described() -> None:
    for path, operations in bare_app().openapi()["paths"].items():
        for method, operation in operations.items():
            assert operation["description"], f"{method} {path}"
            assert method in ("get", "post", "delete")


def test_the_server_process_loads_neither_torch_nor_decoders() -> None:
    modules = "blindsr.cli.app, blindsr.web.app, blindsr.web.server"
    code = f"import sys, {modules}; print(*sorted({{one.split('.')[0] for one in sys.modules}}))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "fastapi" in loaded
    assert not {"torch", "numpy", "PIL", "pyvips", "scipy", "tifffile"} & set(loaded)


def test_health_readiness_and_metrics(served: Any) -> None:
    assert served.client.get("/healthz").json() == {"status": "ok"}
    assert served.client.get("/readyz").json() == {"status": "ready"}
    text = served.client.get("/metrics").text
    assert 'blindsr_worker_starts{pool="restoring"}' in text


def test_models_are_those_of_the_package(served: Any) -> None:
    from blindsr import weights

    found = served.client.get("/v1/models").json()
    assert found["default"] == "auto"
    assert [one["name"] for one in found["models"]] == list(weights.available())
    options = {one["name"]: one["options"] for one in found["models"]}
    assert "denoise" in options["cmdsr_x4.photo"]
    assert {"steps", "strength"} <= set(options["mzsr_x2.direct"])


if __name__ == "__main__":
    STORED.write_text(json.dumps(described(), indent=1) + "\n")
