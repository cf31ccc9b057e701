"""What export --follow does: write again when the hosts change, and run a command then."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress

import click

from hostsdb import ConnectionFailed, Storage
from hostsdb.cli.waiting import retry_forever


def follow_changes(
    storage: Storage, write: Callable[[], bool], react: Callable[[], None], debounce: float
) -> None:
    """Write now and after each change of the hosts, for ever.

    Arguments:
        write: writes the current state, and returns whether that was another than before.
        react: what to do then. It is called at the start too: a kill may have come between the two.
        debounce: for how many seconds changes are gathered after the first.
    """
    written_to = (
        storage.log_end()
    )  # before the state is read: what comes in between is written twice, never missed
    write()
    react()

    def go_on() -> None:
        nonlocal written_to
        for event in storage.watch(written_to):
            if event.position is not None and event.position > written_to:
                time.sleep(debounce)
                position = _newest(storage, event.position)
                if write():
                    react()
                written_to = position

    retry_forever(go_on, (ConnectionFailed, OSError))


def _newest(storage: Storage, position: int) -> int:
    while events := storage.events_since(position):
        position = events[-1].position or position
    return position


def command_arguments(command: str | None) -> list[str]:
    """Return a command as the arguments that a POSIX shell would make of it.

    Raises:
        click.UsageError: it cannot be taken apart, or is empty.
    """
    if command is None:
        return []
    try:
        arguments = shlex.split(command)
    except ValueError as error:
        raise click.UsageError(f"--exec: {error}") from error
    if not arguments:
        raise click.UsageError("--exec: the command is empty")
    return arguments


def run_command(arguments: list[str], timeout: float) -> None:
    """Run a command, at most for so many seconds; a failure is reported and no more."""
    sys.stdout.flush()
    try:
        # In a session of its own, so that what it started can be ended with it.
        process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, start_new_session=True)
    except OSError as error:
        click.echo(f"hostsdb: cannot run {arguments[0]}: {error.strerror}", err=True)
        return
    try:
        code = process.wait(timeout)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        click.echo(f"hostsdb: {arguments[0]} took more than {timeout:g} s and was ended", err=True)
    else:
        if code:
            how = f"exit code {code}" if code > 0 else f"signal {-code}"
            click.echo(f"hostsdb: {arguments[0]} failed with {how}", err=True)
