"""Draws what commands print on a terminal, for the documentation: `make pictures`. A test compares them.

The commands run on a new database whose events have fixed times.
"""

from __future__ import annotations

import io
import os
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

from rich.console import Console
from rich.text import Text

import hostsdb
from hostsdb import CommentUpdated, EventEnvelope, HostCreated, HostEvent, IpAddressChanged
from tests.support.terminal import on_terminal

FOLDER = Path(__file__).parent.parent / "docs" / "pictures"
PICTURES = {
    "list": "hostsdb list",
    "history": "hostsdb history nas.lan",
    "plan": "hostsdb import lan.hosts --mirror --dry-run",
}
_COLUMNS = 80
_START = datetime(2026, 1, 31, 12, tzinfo=UTC)
_LAN = """\
10.0.0.1   router.lan router gw   # the uplink
10.0.0.9   nas.lan nas            # 8 x 8 TB
10.0.0.20  printer.lan            # third floor
10.0.0.30  camera.lan
"""


def pictures() -> dict[str, str]:
    """Return the pictures as SVG, by name."""
    return {name: _drawn(name, command, printed) for (name, command), printed in _runs()}


def _runs() -> Iterator[tuple[tuple[str, str], str]]:
    with tempfile.TemporaryDirectory() as folder, chdir(folder), _environment():
        Path("lan.hosts").write_text(_LAN, "utf-8")
        with hostsdb.connect() as storage:
            _fill(storage)
        for item in PICTURES.items():
            yield item, on_terminal(_COLUMNS, *item[1].split()[1:])


@contextmanager
def _environment() -> Iterator[None]:
    try:
        with patch.dict(os.environ, TZ="UTC", HOSTSDB_URL="sqlite:///hosts.db"):
            time.tzset()
            yield
    finally:
        time.tzset()


def _fill(storage: hostsdb.Storage) -> None:
    router = HostCreated("10.0.0.1", "router.lan", "the uplink", (), ("router", "gw"))
    nas = HostCreated("10.0.0.8", "nas.lan", "4 x 8 TB", ("storage",), ("nas",))
    moved = IpAddressChanged("10.0.0.8", "10.0.0.9")
    grown = CommentUpdated("4 x 8 TB", "8 x 8 TB")
    printer = HostCreated("10.0.0.20", "printer.lan", "second floor", ("office",), ())
    old = HostCreated("10.0.0.40", "old.lan", None, (), ())
    hosts: list[list[HostEvent]] = [[router], [nas, moved, grown], [printer], [old]]
    for number, events in enumerate(hosts):
        storage.append_events(f"host {number}", list(map(_dated, events, (0, 3, 8))))


def _dated(event: HostEvent, days: int) -> EventEnvelope:
    return EventEnvelope(event, created_at=_START + timedelta(days), created_by="ann" if days else "me")


def _drawn(name: str, command: str, printed: str) -> str:
    console = Console(record=True, width=_COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(Text.assemble(("$ ", "bold green"), (command, "bold")))
    console.print(Text(printed.rstrip("\n")))
    drawn = console.export_svg(title="hostsdb", unique_id=f"hostsdb-{name}")
    # The picture uses a font of the reader's system, and asks no other server for one.
    return re.sub(r"\s*@font-face \{.*?\}", "", drawn, flags=re.S).rstrip() + "\n"


def main() -> None:
    """Write the pictures."""
    FOLDER.mkdir(exist_ok=True)
    for name, drawn in pictures().items():
        (FOLDER / f"{name}.svg").write_text(drawn, "utf-8")
        print(f"wrote docs/pictures/{name}.svg")


if __name__ == "__main__":
    main()
