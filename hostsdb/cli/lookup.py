"""Find the host or the snapshot that a user names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Any

import click

from hostsdb import (
    HostDeleted,
    HostEntry,
    HostFilter,
    InvalidData,
    NotFound,
    Storage,
    StorageError,
    StoredEvent,
)
from hostsdb.cli.showing import when
from hostsdb.cli.terminal import to_stderr
from hostsdb.errors import escaped
from hostsdb.names import canonical_hostname, canonical_ip, canonical_or_none

_ADDRESS_START = re.compile("[0-9a-fA-F:][0-9a-fA-F:.]*")

# At most so many candidates are printed.
_LIMIT = 20

ip_option: Callable[[Callable[..., Any]], Callable[..., Any]] = click.option(
    "--ip", metavar="ADDRESS", help="Choose the host with this address, if HOST names several."
)


def resolve(storage: Storage, host: str, ip: str | None = None) -> HostEntry:
    """Return the live host that a user names.

    Arguments:
        host: an id or the beginning of one, a hostname, an alias, or an address.
        ip: the address of the host, if several have the name.
    Raises:
        NotFound: no host has this id, name or address.
        SystemExit: several hosts have it. They are listed on standard error.
    """
    found = _live_hosts(storage, host, ip)
    if not found:
        raise _not_found(host, ip)
    if len(found) > 1:
        _list_candidates(host, map(_live, found), len(found))
        raise SystemExit(1)
    return found[0]


def find_history(storage: Storage, host: str, ip: str | None = None) -> Sequence[StoredEvent]:
    """Return the events of the host that a user names. It may be deleted. Other arguments and errors as find_id."""
    return storage.load_events(find_id(storage, host, ip))


def find_id(storage: Storage, host: str, ip: str | None = None) -> str:
    """Return the id of the host that a user names. It may be deleted. Earlier hosts with its name are listed.

    Arguments:
        host: as in resolve; the last hostname or address of a deleted host, its id or the beginning of its id.
        ip: as in resolve.
    Raises:
        NotFound, SystemExit: as resolve.
    """
    if host and storage.count_events(host):
        return host
    live = _live_hosts(storage, host, ip)
    deleted = [
        envelope
        for envelope in storage.find_deleted_hosts(host)
        if ip is None or _last_address(envelope) == canonical_ip(ip)
    ]
    ids = [entry.id for entry in live] + [envelope.aggregate_id for envelope in deleted]
    if not ids:
        raise _not_found(host, ip)
    lines = [*map(_live, live), *map(_deleted, deleted)]
    if len(live) == 1 and not live[0].id.startswith(host):
        _print_lines((f"earlier host: {line}" for line in lines[1:]), len(lines) - 1)
    elif len(ids) > 1:
        _list_candidates(host, lines, len(lines))
        raise SystemExit(1)
    return ids[0]


def resolve_snapshot(storage: Storage, snapshot: str) -> str:
    """Return the id of the snapshot that a user names.

    Arguments:
        snapshot: an id or the beginning of one, or a name.
    Raises:
        NotFound: there is no such snapshot.
        SystemExit: several snapshots have the name. They are listed on standard error.
    """
    found = storage.find_snapshots(snapshot)
    if not found:
        raise NotFound(kind="snapshot", id=snapshot)
    if len(found) > 1:
        lines = (f"{s.snapshot_id}  {when(s.created_at)}  {s.name or '-'}" for s in found)
        _list_candidates(snapshot, lines, len(found), kind="snapshots")
        raise SystemExit(1)
    return found[0].snapshot_id


def address_filter(text: str | None) -> dict[str, Any]:
    """Return the fields of a HostFilter for an option: an address, a network, or the beginning of an address.

    Raises:
        InvalidData: the text is none of them.
    """
    if not text:
        return {}
    if "/" in text or canonical_or_none(canonical_ip, text):
        return {"network": text}
    if not _ADDRESS_START.fullmatch(text):
        raise InvalidData(
            f'"{escaped(text)}" is not an address, a network such as 10.0.0.0/8, or the beginning of an address'
        )
    return {"ip_prefix": text.lower()}


def search_hosts(storage: Storage, text: str, **conditions: Any) -> list[HostEntry]:
    """Return the hosts whose hostname or an alias contains a text, or whose address it is.

    Arguments:
        text: a part of a name in any form, or an address.
        conditions: further fields of a HostFilter.
    """
    filters: list[dict[str, Any]] = [{"hostname_pattern": text}]
    if not text.isascii() and (name := canonical_or_none(canonical_hostname, text)):
        filters.append({"hostname_pattern": name})
    if "network" not in conditions and canonical_or_none(canonical_ip, text):
        filters.append({"network": text})
    found = (entry for given in filters for entry in storage.search(HostFilter(**given, **conditions)))
    return list({entry.id: entry for entry in found}.values())


def _live_hosts(storage: Storage, host: str, ip: str | None) -> list[HostEntry]:
    address = None if ip is None else canonical_ip(ip)
    return [entry for entry in storage.find_hosts(host) if address in (None, entry.ip_address)]


def _last_address(envelope: StoredEvent) -> str:
    assert isinstance(envelope.event, HostDeleted)
    return envelope.event.ip_address


def _live(entry: HostEntry) -> str:
    return "  ".join((entry.id, entry.ip_address, entry.hostname, *entry.aliases))


def _deleted(envelope: StoredEvent) -> str:
    event = envelope.event
    assert isinstance(event, HostDeleted)
    return (
        f"{envelope.aggregate_id}  {event.ip_address}  {event.hostname}  deleted {when(envelope.created_at)}"
    )


def _list_candidates(text: str, lines: Iterable[str], count: int, kind: str = "hosts") -> None:
    to_stderr(f'hostsdb: {count} {kind} match "{escaped(text)}"; give the id of one:')
    _print_lines(lines, count)


def _print_lines(lines: Iterable[str], count: int) -> None:
    for line in islice(lines, _LIMIT):
        to_stderr(line)
    if count > _LIMIT:
        to_stderr(f"and {count - _LIMIT} more")


def _not_found(host: str, ip: str | None) -> StorageError:
    address = f" and the address {escaped(ip)}" if ip else ""
    return StorageError(
        f'no host has the id, name or address "{escaped(host)}"{address}; hostsdb list --ids shows all hosts'
    )
