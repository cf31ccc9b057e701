"""Importing many hosts at once: streamed into a temporary table, then into the log by one statement."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice

from hostsdb import rows
from hostsdb.engines.refusals import Refused, Repeatable
from hostsdb.errors import InvalidData, QueryFailed
from hostsdb.hostsfile import BadLine, HostLine
from hostsdb.model import ImportSummary
from hostsdb.operations.steps import Load, Operation, in_transaction, run
from hostsdb.versions import import_prefix

_CHUNK = 10_000


def import_hosts(
    lines: Iterable[HostLine | BadLine],
    *,
    strict: bool = False,
    tags: Iterable[str] = (),
    created_by: str | None = None,
) -> Operation[ImportSummary]:
    """Add the hosts of a hosts file that are not there yet, in one transaction.

    Arguments:
        lines: what `hostsfile.parse` yields; read once, and never held as a whole.
        strict: take nothing in when a line is bad.
        tags: tags of every host that is added.
        created_by: who adds them.
    Returns:
        how many lines were read, hosts added, hosts skipped (a live host or an earlier line has the pair),
        and lines bad.
    Raises:
        InvalidData: strict, and a line is bad.
        QueryFailed: another writer added one of the hosts at the same moment; nothing was imported.
    """
    try:
        return (yield from in_transaction(_import(lines, strict, list(tags), created_by)))
    except (Refused, Repeatable) as error:
        # The lines are read, so it is for the caller to begin again.
        raise QueryFailed(
            f"another writer was faster, nothing was imported; import again ({error})"
        ) from error.__cause__


def _import(
    lines: Iterable[HostLine | BadLine], strict: bool, tags: list[str], created_by: str | None
) -> Operation[ImportSummary]:
    counted = _Counted(lines)
    yield from run("create_import")
    while chunk := list(islice(counted, _CHUNK)):
        yield Load("load_import", chunk)
    if strict and counted.bad:
        raise InvalidData(f"{counted.bad} bad lines: nothing was imported")
    ((added,),) = yield from run(
        "import_hosts",
        event_prefix=import_prefix(),
        aggregate_prefix=import_prefix(),
        tags=rows.to_json(tags),
        created_by=created_by,
        now=rows.moment_text(datetime.now(UTC)),
    )
    yield from run("drop_import")
    good = counted.read - counted.bad
    return ImportSummary(counted.read, added, good - added, counted.bad)


class _Counted:
    """The rows of the good lines, counting both kinds on the way."""

    def __init__(self, lines: Iterable[HostLine | BadLine]) -> None:
        self.read = 0
        self.bad = 0
        self._rows = self._each(lines)

    def __iter__(self) -> Iterator[tuple[int, str, str, str, str | None]]:
        return self._rows

    def _each(self, lines: Iterable[HostLine | BadLine]) -> Iterator[tuple[int, str, str, str, str | None]]:
        for line in lines:
            self.read += 1
            if isinstance(line, BadLine):
                self.bad += 1
                continue
            aliases = rows.to_json(line.aliases) if line.aliases else "[]"
            yield line.number, line.ip_address, line.hostname, aliases, line.comment
