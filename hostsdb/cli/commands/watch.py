"""The command watch: the new events of the log."""

from __future__ import annotations

from typing import TypedDict

import click

from hostsdb import Storage, StoredEvent
from hostsdb.cli.on_change import retry_forever
from hostsdb.cli.options import open_storage, repeated_option, seconds_option, url_option
from hostsdb.cli.showing import event_object, show_json_line

# Without --timeout, a consumer waits this long for events and then waits again, in seconds.
_CONSUMER_WAIT = 60.0


class _Filters(TypedDict):
    tags: tuple[str, ...]
    event_types: tuple[str, ...]


@click.command("watch")
@click.option(
    "--after", type=int, metavar="POSITION", help="Begin after this position; -1: at the first event."
)
@click.option(
    "--consumer",
    metavar="NAME",
    help="Continue at the stored position of the consumer NAME, and store the new one.",
)
@repeated_option("--tag", "tags", "TAG", "Only events of hosts that had this tag before or after the event")
@repeated_option("--type", "event_types", "TYPE", "Only events of this type, for example HostCreated")
@seconds_option("--timeout", None, "End if no event comes within this time.", min=0)
@url_option
def watch_command(
    after: int | None,
    consumer: str | None,
    tags: tuple[str, ...],
    event_types: tuple[str, ...],
    timeout: float | None,
    url: str,
) -> None:
    """Print new events as they are committed, in the order of the log, one JSON object per line.

    Each line has the event's "position", for --after, and the same as "position_text", because some JSON readers round
    numbers above 2^53. The database stores the position of a consumer after the lines are written: if the command is
    killed, the next run may repeat some events, and loses none. If the connection is lost, the command reports it and
    connects again.

    Example: hostsdb watch --after -1 --timeout 0

    Example: hostsdb watch --after -1 --timeout 0 --type HostCreated --tag lan

    Example: hostsdb watch --consumer audit --timeout 0 >> audit.jsonl
    """
    if consumer is not None and after is not None:
        raise click.UsageError("--after and --consumer cannot be used together")
    filters = _Filters(tags=tags, event_types=event_types)
    with open_storage(url) as storage:
        if consumer is not None:
            retry_forever(lambda: _consume(storage, consumer, timeout, filters))
        else:
            _watch(storage, storage.log_end() if after is None else after, timeout, filters)


def _watch(storage: Storage, position: int, timeout: float | None, filters: _Filters) -> None:
    def print_new_events() -> None:
        nonlocal position
        for event in storage.watch(position, timeout=timeout, **filters):
            _print(event)
            position = event.position

    retry_forever(print_new_events)


def _consume(storage: Storage, name: str, timeout: float | None, filters: _Filters) -> None:
    wait = _CONSUMER_WAIT if timeout is None else timeout
    while True:
        with storage.consuming(name, timeout=wait, **filters) as batch:
            for event in batch.events:
                _print(event)
        if timeout is not None and not batch.events:
            return


def _print(event: StoredEvent) -> None:
    line = {
        "position": event.position,
        "position_text": str(event.position),
        "aggregate_id": event.aggregate_id,
    } | event_object(event)
    show_json_line(line)
