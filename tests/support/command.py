"""Runs the command in this process. A process of its own takes 0.5 s more, most of it to import the modules again.

`__main__`, the standard streams, which are files, and the exit code are as in a process. A test of a signal, a pipe, a
terminal or a crash needs a real process.
"""

import os
import runpy
import sys
from collections.abc import Iterator
from contextlib import ExitStack, chdir, contextmanager
from pathlib import Path
from subprocess import CompletedProcess
from tempfile import TemporaryFile
from unittest.mock import patch

from hostsdb import reports


def hostsdb_command(
    *arguments: str | Path, stdin: str = "", cwd: Path | str = ".", **environment: str
) -> CompletedProcess[str]:
    """Run `hostsdb` with further environment variables. An error that is not caught fails the test."""
    command = ["hostsdb", *map(str, arguments)]
    with (
        _standard_streams(stdin) as (output, errors),
        patch.object(sys, "argv", command),
        patch.dict(os.environ, environment),
        patch.object(reports, "listeners", reports.listeners.copy()),
        patch.object(reports, "notices", reports.notices.copy()),
        patch("hostsdb.cli.asking._TERMINAL", ""),  # the tests may be run from a terminal
        chdir(cwd),
    ):
        try:
            runpy.run_module("hostsdb", run_name="__main__", alter_sys=True)
        except SystemExit as done:
            code = done.code
        sys.stdout.flush()
        sys.stderr.flush()
        return CompletedProcess(command, int(code or 0), _text(output), _text(errors))


@contextmanager
def _standard_streams(stdin: str) -> Iterator[tuple[int, int]]:
    """Put files in the place of the streams, of Python and of programs that the command starts."""
    with ExitStack() as stack:
        files = [stack.enter_context(TemporaryFile()) for _ in range(3)]
        files[0].write(stdin.encode())
        files[0].seek(0)
        sys.stdout.flush()
        for number, (name, mode) in enumerate([("stdin", "r"), ("stdout", "w"), ("stderr", "w")]):
            stack.callback(_put_back, os.dup(number), number)
            os.dup2(files[number].fileno(), number)
            stream = stack.enter_context(open(number, mode, closefd=False, encoding="utf-8"))
            stream.buffer.raw.name = f"<{name}>"  # type: ignore[attr-defined]
            stack.enter_context(patch.object(sys, name, stream))
        yield files[1].fileno(), files[2].fileno()


def _put_back(saved: int, number: int) -> None:
    os.dup2(saved, number)
    os.close(saved)


def _text(file: int) -> str:
    os.lseek(file, 0, os.SEEK_SET)
    with open(file, closefd=False, encoding="utf-8") as text:
        return text.read()
