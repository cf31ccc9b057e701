"""Questions to the user."""

from __future__ import annotations

import click

from hostsdb.cli.terminal import to_stderr

_TERMINAL = "/dev/tty"


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
        to_stderr("")  # after the ^C
        to_stderr("hostsdb: interrupted; nothing was changed")
        raise SystemExit(130) from None
    if answer.strip().lower() not in ("y", "yes"):
        to_stderr("hostsdb: nothing was changed")
        raise SystemExit(1)
