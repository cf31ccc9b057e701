"""A process that runs `hostsdb copy --follow`."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

# A shell lets what it runs in the background ignore SIGINT.
_COMMAND = """
import signal
from hostsdb.cli import main
signal.signal(signal.SIGINT, signal.default_int_handler)
main()
"""


class Follower:
    """The command in a process of its own.

    Args:
        folder: where its output goes.
        arguments: the URLs and options.
    """

    def __init__(self, folder: Path, *arguments: str) -> None:
        self._output, self._errors = folder / "follower.out", folder / "follower.err"
        self._arguments = arguments
        self.start()

    def start(self) -> None:
        """Start it, also again."""
        command = [sys.executable, "-c", _COMMAND, "copy", "--follow", *self._arguments]
        with self._output.open("a") as output, self._errors.open("a") as errors:
            self.process = subprocess.Popen(command, stdout=output, stderr=errors, stdin=subprocess.DEVNULL)

    @property
    def output(self) -> str:
        return self._output.read_text()

    @property
    def errors(self) -> str:
        return self._errors.read_text()

    def follows(self, times: int = 1) -> None:
        """Come back when it follows for the nth time."""
        self.until(lambda: self.output.count("following from") >= times)

    def until(self, condition: Callable[[], bool], seconds: float = 30) -> None:
        """Come back when the condition holds, while it runs."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert self.process.poll() is None, self.errors
            assert time.monotonic() < deadline, f"{self.output}\n{self.errors}"
            time.sleep(0.005)

    def ends(self, exit_code: int = 1) -> str:
        """Wait for its end by itself. Return what it reported."""
        assert self.process.wait(60) == exit_code, self.errors
        return self.errors

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def __enter__(self) -> Follower:
        return self

    def __exit__(self, *error: TracebackType | type[BaseException] | BaseException | None) -> None:
        self.kill()
