"""``python -m blindsr``."""

from blindsr.cli.main import run

run()
