"""The command health, for probes."""

from __future__ import annotations

import os
import sys
import threading
from time import monotonic

import click

from hostsdb.cli.options import open_url, seconds_option, url_option
from hostsdb.cli.terminal import to_stderr
from hostsdb.database.driver import run
from hostsdb.errors import MigrationFailed
from hostsdb.operations.events import log_end
from hostsdb.operations.projection import health_check
from hostsdb.operations.steps import Operation
from hostsdb.schema.state import refuse_unknown


@click.command("health")
@seconds_option("--timeout", 5.0, "Report a failure if there is no answer within this time.")
@url_option
def health_command(timeout: float, url: str) -> None:
    """Check that the database answers and has a schema that this hostsdb can use. For probes.

    Reads the tables and writes nothing. Creates no database and applies no migration. Prints one line.

    Exit codes: 0 healthy, 1 not.

    Example: hostsdb health --timeout 2
    """
    probe = _Probe(url)
    probe.join(timeout)
    if probe.is_alive():
        _leave(f"hostsdb: the database did not answer within {timeout:g} s; check its server and its locks")
    if probe.error is not None:
        raise probe.error
    click.echo(probe.result)


def _leave(message: str) -> None:
    """End at once: a thread that waits for a server or a lock cannot be ended."""
    to_stderr(message)
    sys.stdout.flush()
    os._exit(1)


class _Probe(threading.Thread):
    """One check.

    Attributes:
        result: the line for a healthy database.
        error: why it is not healthy.
    """

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self._url = url
        self.result = ""
        self.error: BaseException | None = None
        self.start()

    def run(self) -> None:
        """Check."""
        began = monotonic()
        try:
            with open_url(self._url) as database:
                state = database.schema_state()
                refuse_unknown(state, database.url.dialect)
                if state.pending:
                    raise MigrationFailed(f"{state.pending[0].id} is not applied yet; run hostsdb init first")
                end = run(database.engine, _check)
        except Exception as error:
            self.error = error
        else:
            took = (monotonic() - began) * 1000
            self.result = f"healthy: {database.url.dialect}, the log ends at {end}, {took:.0f} ms"


def _check() -> Operation[int]:
    yield from health_check()
    return (yield from log_end())
