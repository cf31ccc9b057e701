"""The command of export --exec, and the marker file that says that it still has to succeed."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import click

from hostsdb.cli.terminal import to_stderr


@dataclass(frozen=True)
class Reaction:
    """The command that runs when a file changed.

    The marker `.NAME.exec-pending` in the folder of the file is created before the file changes, and removed when the
    command has succeeded. So a command that failed, or was never started, runs at the next export.

    Arguments:
        file: the file.
        arguments: the program and its arguments; empty for no command.
        timeout: in seconds; then the command and the processes that it started are killed.
    """

    file: str
    arguments: list[str]
    timeout: float

    @property
    def _marker(self) -> Path:
        target = Path(os.path.realpath(self.file))
        return target.with_name(f".{target.name}.exec-pending")

    def prepare(self) -> None:
        """Create the marker. Call this before the file changes."""
        if self.arguments:
            with suppress(OSError):  # then the folder cannot be written, and the command is always due
                self._marker.touch()

    def is_due(self) -> bool:
        """Return whether the command must run although the file is unchanged.

        Without a marker nobody knows whether the last run failed. So it is always due if the folder cannot be written.
        """
        return bool(self.arguments) and (self._marker.exists() or not os.access(self._marker.parent, os.W_OK))

    def run(self) -> bool:
        """Run the command, if there is one, and wait for its end. Report a failure. Return whether it succeeded."""
        if not self.arguments:
            return True
        failure = _run(self.arguments, self.timeout)
        if failure is None:
            with suppress(OSError):
                self._marker.unlink(missing_ok=True)
        else:
            to_stderr(f"hostsdb: {failure}")
        return failure is None


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


def _run(arguments: list[str], timeout: float) -> str | None:
    """Run a command. Return how it failed; None if it succeeded."""
    sys.stdout.flush()
    try:
        # A new session, so that the processes that it starts can be killed too.
        process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, start_new_session=True)
    except OSError as error:
        return f"cannot run {arguments[0]}: {error.strerror}"
    try:
        code = process.wait(timeout)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            _kill(process)
        process.wait()
        return f"{arguments[0]} took more than {timeout:g} s and was killed"
    how = f"exit code {code}" if code > 0 else f"signal {-code}"
    return f"{arguments[0]} failed with {how}" if code else None


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and those that it started. Windows has no process groups: there it kills only the process."""
    if hasattr(os, "killpg"):
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
