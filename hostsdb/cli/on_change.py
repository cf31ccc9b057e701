"""Commands that run until they are stopped: retries, and export --follow with its command."""

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
from hostsdb.cli.asking import to_stderr

# Between two attempts, in seconds. Each attempt already waits for acquire_timeout.
_PAUSE = 1.0


def retry_forever(
    attempt: Callable[[], None], errors: tuple[type[Exception], ...] = (ConnectionFailed,)
) -> None:
    """Call `attempt` until it returns. After one of the errors, print it and call again."""
    while True:
        try:
            return attempt()
        except BrokenPipeError:
            raise
        except errors as error:
            to_stderr(f"hostsdb: {error}; trying again")
            time.sleep(_PAUSE)


def follow_changes(
    storage: Storage, write: Callable[[], bool], react: Callable[[], None], debounce: float
) -> None:
    """Write now and after each change of the hosts. This function does not return.

    Arguments:
        storage: the hosts.
        write: writes the current hosts; returns True if the file changed.
        react: called when the file changed, and once at the start, because an earlier process may have ended between
            `write` and `react`.
        debounce: how many seconds to wait for further changes after the first one.
    """
    # Read before the hosts are read: a change in between is written twice, and never missed.
    written_to = storage.log_end()
    write()
    react()

    def watch() -> None:
        nonlocal written_to
        for event in storage.watch(written_to):
            if event.position is not None and event.position > written_to:
                time.sleep(debounce)
                position = storage.log_end()
                if write():
                    react()
                written_to = position

    retry_forever(watch, (ConnectionFailed, OSError))


def command_arguments(command: str | None) -> list[str]:
    """Split the command of --exec into arguments as a POSIX shell does. None has no arguments.

    Raises:
        click.UsageError: the command cannot be split, or it is empty.
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
    """Run a command and wait for its end. A failure is only reported on standard error.

    Arguments:
        arguments: the program and its arguments.
        timeout: in seconds; then the command and the processes that it started are killed.
    """
    sys.stdout.flush()
    try:
        # A new session, so that the processes that it starts can be killed too.
        process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, start_new_session=True)
    except OSError as error:
        to_stderr(f"hostsdb: cannot run {arguments[0]}: {error.strerror}")
        return
    try:
        code = process.wait(timeout)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        to_stderr(f"hostsdb: {arguments[0]} took more than {timeout:g} s and was killed")
    else:
        if code:
            how = f"exit code {code}" if code > 0 else f"signal {-code}"
            to_stderr(f"hostsdb: {arguments[0]} failed with {how}")
