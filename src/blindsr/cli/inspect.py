"""``blindsr inspect``: what a model knows, needs and does, by commands of their own."""

import typer

from blindsr.cli.compare import compare
from blindsr.cli.curve import curve
from blindsr.cli.estimates import estimates
from blindsr.cli.maps import maps
from blindsr.cli.representations import representations

app = typer.Typer(no_args_is_help=True, help="Look into a model: estimates, maps, representations, curves, sizes.")
for command in (compare, estimates, curve, representations, maps):
    app.command()(command)
