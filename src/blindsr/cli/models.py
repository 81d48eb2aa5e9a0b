"""``blindsr models``: which weights there are, and what they say about themselves."""

from typing import Annotated

import typer

app = typer.Typer(help="List the weights that come with the package, or show the card of one.")


@app.callback(invoke_without_command=True)
def overview(context: typer.Context) -> None:
    """List the weights that come with the package."""
    if context.invoked_subcommand is not None:
        return
    from rich.console import Console
    from rich.table import Table

    from blindsr import weights

    table = Table("name", "method", "scale", "parameters", "file", "steps")
    for name, path in weights.available().items():
        loaded = weights.load(name)
        count = sum(parameter.numel() for parameter in loaded.method.parameters())
        steps = loaded.card.provenance.get("steps", "")
        size = f"{path.stat().st_size / 1e6:.1f} MB"
        table.add_row(name, loaded.card.method, f"x{loaded.method.traits.scale}", f"{count:,}", size, str(steps))
    Console().print(table)


@app.command()
def show(name: Annotated[str, typer.Argument(help="Name of weights, or path of a weights file.")]) -> None:
    """Show a card: configuration, recipe, and how the weights came about."""
    import yaml

    from blindsr import weights

    card = weights.load(name).card
    typer.echo(yaml.safe_dump(card.model_dump(mode="json"), sort_keys=False, allow_unicode=True), nl=False)
