"""Writes docs/commands.md from what the commands say of themselves; a test compares it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from hostsdb.cli import cli

COMMANDS = Path(__file__).parent.parent / "docs" / "commands.md"

_HEAD = """# The command

Made by `make commands` from the commands' own words. `--json` prints one JSON value with the keys of the library's
types: a host has id, ip_address, hostname, comment, tags, aliases, created_at, updated_at, event_version.

Shell completion: put `eval "$(_HOSTSDB_COMPLETE=bash_source hostsdb)"` into `~/.bashrc`, the same with `zsh_source`
into `~/.zshrc`; for fish, `_HOSTSDB_COMPLETE=fish_source hostsdb > ~/.config/fish/completions/hostsdb.fish`.
"""


def reference() -> str:
    """Return the page."""
    return _HEAD + "".join(_sections(cli, click.Context(cli, info_name="hostsdb", max_content_width=100)))


def _sections(command: click.Command, context: click.Context) -> Iterator[str]:
    # A fixed width: the page must not depend on somebody's terminal.
    context.terminal_width = 100
    yield f"\n## {context.command_path}\n\n```text\n{command.get_help(context)}\n```\n"
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from _sections(
                inner, click.Context(inner, info_name=name, parent=context, max_content_width=100)
            )


if __name__ == "__main__":
    COMMANDS.write_text(reference())
