"""Export hosts to a file, unless this would empty it."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from hostsdb import Storage
from hostsdb.cli.emptying import WouldBeEmptied, contains_hosts
from hostsdb.cli.reaction import Reaction
from hostsdb.cli.selecting import hosts_in_order
from hostsdb.cli.terminal import to_stderr
from hostsdb.formats import InOrder, packed, packed_by_address, read_block, replace_block, write


@dataclass(frozen=True)
class Hosts:
    """The hosts to export.

    Arguments:
        storage: the database.
        tags, without_tags: the tags that each host has, and those that it does not have.
        sort: "priority" or "address".
    """

    storage: Storage
    tags: tuple[str, ...]
    without_tags: tuple[str, ...]
    sort: str

    def read(self) -> InOrder:
        """Return the hosts in their order."""
        make = packed_by_address if self.sort == "address" else packed
        return hosts_in_order(self.storage, make, self.tags, self.without_tags)


@dataclass(frozen=True)
class Export:
    """One export to a file.

    Arguments:
        hosts: the hosts.
        file, format_, block: where and how they are written; see the command.
        style: returns the options of the format at this moment; see `write` of the formats.
        allow_empty: whether a file without hosts may replace one with hosts.
        write_file: `replace_file` or `write_in_place`.
        reaction: the command that runs afterwards.
    """

    hosts: Hosts
    file: str
    format_: str
    block: str | None
    style: Callable[[], dict[str, Any]]
    allow_empty: bool
    write_file: Callable[[str, bytes], None]
    reaction: Reaction

    def write(self) -> bool:
        """Write the file; return whether it changed.

        Raises:
            WouldBeEmptied: there is no host, and the file contains hosts; it is unchanged.
            InvalidData: the block cannot be replaced.
            OSError: the file cannot be written.
        """
        entries = self.hosts.read()
        text = io.BytesIO()  # "".join would keep all pieces in memory first
        text.writelines(map(str.encode, write(entries, self.format_, **self.style())))
        content = text.getvalue()
        exists = os.path.exists(self.file)
        old = Path(self.file).read_bytes() if exists else b""
        replaced = old
        if self.block is not None:
            replaced = read_block(old, self.block)
            content = replace_block(old, self.block, content)
        if not len(entries) and not self.allow_empty and contains_hosts(replaced, self.file):
            raise WouldBeEmptied(self.file)
        changed = not exists or old != content
        if changed:
            self.reaction.prepare()
            self.write_file(self.file, content)
        click.echo(f"{'wrote' if changed else 'unchanged:'} {len(entries)} hosts in {self.file}")
        return changed


class KeepingExport:
    """An export that keeps a file that would be emptied, and reports this once."""

    def __init__(self, export: Export) -> None:
        self._export = export
        self._is_reported = False

    def write(self) -> bool:
        """Write the file; return whether it changed."""
        try:
            changed = self._export.write()
        except WouldBeEmptied as error:
            if not self._is_reported:
                to_stderr(f"hostsdb: {error}")
            self._is_reported = True
            return False
        self._is_reported = False
        return changed
