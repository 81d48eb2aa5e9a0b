"""Makes what stands beside the tests and beside the results importable."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path += [str(HERE), str(HERE.parents[1] / "docs" / "results")]
