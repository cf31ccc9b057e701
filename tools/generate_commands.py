"""Writes docs/commands.md from the help of the commands: `make commands`. A test compares it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from hostsdb.cli import cli

COMMANDS = Path(__file__).parent.parent / "docs" / "commands.md"

_HEAD = """# The command

`make commands` writes this page from the help of the commands.

With `--json` a command prints one JSON value. A host has the keys id, ip_address, hostname, comment, tags, aliases,
created_at, updated_at, event_version, priority and first_position.

Shell completion:

- bash: add `eval "$(_HOSTSDB_COMPLETE=bash_source hostsdb)"` to `~/.bashrc`.
- zsh: add `eval "$(_HOSTSDB_COMPLETE=zsh_source hostsdb)"` to `~/.zshrc`.
- fish: run `_HOSTSDB_COMPLETE=fish_source hostsdb > ~/.config/fish/completions/hostsdb.fish`.
"""


def reference() -> str:
    """Return the page."""
    return _HEAD + "".join(_sections(cli, click.Context(cli, info_name="hostsdb", **cli.context_settings)))


def _sections(command: click.Command, context: click.Context) -> Iterator[str]:
    # A fixed width: the page must not depend on the terminal.
    context.terminal_width = 100
    yield f"\n## {context.command_path}\n\n```text\n{command.get_help(context)}\n```\n"
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from _sections(inner, click.Context(inner, info_name=name, parent=context))


if __name__ == "__main__":
    COMMANDS.write_text(reference())
