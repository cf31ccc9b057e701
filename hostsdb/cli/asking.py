"""Messages to the user, and questions."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TextIO

import click

_TERMINAL = "/dev/tty"


def to_stderr(message: str) -> None:
    """Print a line on standard error. If nobody can read it, the command goes on."""
    try:
        click.echo(message, err=True)
    except OSError:
        discard(sys.stderr)


def discard(stream: TextIO) -> None:
    """Discard what a stream buffers, and what is written to it later. Python would write it again at exit, and fail."""
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def confirm(question: str) -> None:
    """Ask on the terminal. End the command unless the answer is yes.

    Standard input is not read: it may be the imported file.

    Raises:
        click.UsageError: there is no terminal.
        SystemExit: 1 after another answer, 130 after Ctrl-C.
    """
    try:
        with open(_TERMINAL) as answers, open(_TERMINAL, "w") as terminal:
            terminal.write(f"{question} [y/N]: ")
            terminal.flush()
            answer = answers.readline()
    except OSError:
        raise click.UsageError(f"{question} There is no terminal to answer on; use --yes") from None
    except KeyboardInterrupt:
        to_stderr("\nhostsdb: interrupted; nothing was changed")
        raise SystemExit(130) from None
    if answer.strip().lower() not in ("y", "yes"):
        to_stderr("hostsdb: nothing was changed")
        raise SystemExit(1)
