"""The command watch, and what export --follow shares with it: going on when the database was away."""

from __future__ import annotations

import sys

import click

from hostsdb import EventEnvelope, Storage, connect
from hostsdb.cli.options import url_option
from hostsdb.cli.showing import event_object
from hostsdb.cli.waiting import retry_forever
from hostsdb.formats.json import text

# How often a consumer that waits for events looks whether it shall end, in seconds.
_CONSUMER_WAIT = 60.0


@click.command("watch")
@click.option(
    "--after", type=int, metavar="POSITION", help="Begin after this event; -1 begins with the first."
)
@click.option("--consumer", metavar="NAME", help="Go on where the consumer NAME was, and move it.")
@click.option(
    "--timeout", type=click.FloatRange(min=0), metavar="SECONDS", help="End when nothing comes so long."
)
@url_option
def watch_command(after: int | None, consumer: str | None, timeout: float | None, url: str) -> None:
    """Print each new event when it is committed, a JSON object a line, in the log's order.

    "position" in a line is what --after takes. A consumer's position is kept in the database and moves when its lines
    are written: after a kill some may come again, none is left out. A database that is away is waited for.

    Example: hostsdb watch --after -1 --timeout 0

    Example: hostsdb watch --consumer audit --timeout 0 >> audit.jsonl
    """
    if consumer is not None and after is not None:
        raise click.UsageError("a --consumer has a position of its own: leave out --after")
    with connect(url) as storage:
        if consumer is not None:
            retry_forever(lambda: _consume(storage, consumer, timeout))
        else:
            _watch(storage, storage.log_end() if after is None else after, timeout)


def _watch(storage: Storage, position: int, timeout: float | None) -> None:
    def go_on() -> None:
        nonlocal position
        for event in storage.watch(position, timeout=timeout):
            _print(event)
            assert event.position is not None
            position = event.position

    retry_forever(go_on)


def _consume(storage: Storage, name: str, timeout: float | None) -> None:
    while True:
        with storage.consuming(name, timeout=_CONSUMER_WAIT if timeout is None else timeout) as batch:
            for event in batch.events:
                _print(event)
        if timeout is not None and not batch.events:
            return


def _print(event: EventEnvelope) -> None:
    line = {"position": event.position, "aggregate_id": event.aggregate_id} | event_object(event)
    sys.stdout.write(text(line) + "\n")
    sys.stdout.flush()
