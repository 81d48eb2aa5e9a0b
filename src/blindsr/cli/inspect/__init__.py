"""``blindsr inspect``: commands that examine models."""

import typer

from blindsr.cli.inspect.compare import compare
from blindsr.cli.inspect.curve import curve
from blindsr.cli.inspect.estimates import estimates
from blindsr.cli.inspect.maps import maps
from blindsr.cli.inspect.representations import representations

app = typer.Typer(no_args_is_help=True, help="Look into a model: estimates, maps, representations, curves, sizes.")
for command in (compare, estimates, curve, representations, maps):
    app.command()(command)
