"""The command consumers and its subcommands."""

from __future__ import annotations

from dataclasses import asdict

import click

from hostsdb.cli.options import open_storage, url_and_json, url_option
from hostsdb.cli.showing import show_json_array, when
from hostsdb.cli.tables import show_table
from hostsdb.cli.terminal import printable


@click.group("consumers")
def consumers_command() -> None:
    """Show the named consumers of the log, set their positions, and remove them."""


@consumers_command.command("list")
@url_and_json
def list_(url: str, as_json: bool) -> None:
    """Show the consumers with their positions.

    Example: hostsdb consumers list
    """
    with open_storage(url) as storage:
        consumers = storage.list_consumers()
    if as_json:
        show_json_array(map(asdict, consumers))
        return
    rows = [(consumer.name, str(consumer.position), when(consumer.updated_at)) for consumer in consumers]
    show_table(("name", "position", "moved"), rows, "no consumers")


@consumers_command.command("reset")
@click.argument("name")
@click.option(
    "--to",
    "position",
    type=int,
    required=True,
    metavar="POSITION",
    help="The position of the last event that counts as handled; -1: none.",
)
@url_option
def reset(name: str, position: int, url: str) -> None:
    """Set the position of the consumer NAME. Its next event is the first one after POSITION.

    Example: hostsdb consumers reset audit --to -1
    """
    with open_storage(url) as storage:
        storage.reset_consumer(name, position)
    click.echo(printable(f"reset {name} to {position}"))


@consumers_command.command("remove")
@click.argument("name")
@url_option
def remove(name: str, url: str) -> None:
    """Remove the consumer NAME. With this name a new consumer begins with the first event.

    Example: hostsdb consumers remove audit
    """
    with open_storage(url) as storage:
        storage.remove_consumer(name)
    click.echo(printable(f"removed {name}"))
