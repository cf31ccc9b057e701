"""Find the hosts and the snapshots that a person names."""

from __future__ import annotations

from hostsdb import rows
from hostsdb.model import HostDeleted, HostEntry, HostFilter, SnapshotMetadata, StoredEvent
from hostsdb.names import canonical_hostname, canonical_ip, canonical_or_none
from hostsdb.operations.projection import prefix_end, search
from hostsdb.operations.reaching import reads_after
from hostsdb.operations.steps import Operation, run

_UPPER_TO_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


@reads_after
def find_hosts(text: str, *, read_after: int | None = None) -> Operation[list[HostEntry]]:
    """Return the live hosts that a text names.

    Arguments:
        text: an id, a hostname, an alias, an address in any form, or the beginning of an id. The beginning counts only
            if the text is none of the others.
        read_after: the position of an event that the result must include.
    Returns:
        the hosts, in the order of list_all. An id belongs to one host, and other texts may name several.
    """
    if not rows.text(text):
        return []
    found = yield from run("get_by_id", id=text)
    if found:
        return [rows.entry(found[0])]
    address = canonical_or_none(canonical_ip, text)
    if address is not None:
        return (yield from search(HostFilter(network=address)))
    named = yield from search(HostFilter(hostname=text))
    return named or rows.entries((yield from _with_prefix("find_by_prefix", text)))


def find_deleted_hosts(text: str) -> Operation[list[StoredEvent]]:
    """Return the last event of each deleted host that a text names.

    Arguments:
        text: the last hostname or the last address of the host in any form, or its id, or the beginning of its id. The
            beginning counts only if the text is none of the others.
    Returns:
        the events of the type HostDeleted, in the order of the log.
    """
    if not rows.text(text):
        return []
    found = yield from run(
        "find_deleted", id=text, ip_address=canonical_or_none(canonical_ip, text) or "", **_forms(text)
    )
    if not found:
        found = yield from _with_prefix("find_deleted_by_prefix", text)
    envelopes = map(rows.stored_event, found)
    return [envelope for envelope in envelopes if isinstance(envelope.event, HostDeleted)]


def find_snapshots(text: str) -> Operation[list[SnapshotMetadata]]:
    """Return the snapshots that a text names, newest first.

    Arguments:
        text: an id, a name, or the beginning of an id. The beginning counts only if the text is none of the others.
    """
    if not rows.text(text):
        return []
    found = yield from run("find_snapshots", text=text)
    # An id belongs to one snapshot, and its text may be the name of another.
    found = [row for row in found if row[0] == text] or found
    if not found:
        found = yield from _with_prefix("find_snapshots_by_prefix", text)
    return list(rows.readable(found, rows.snapshot_metadata, "snapshot", rows.SNAPSHOT_COLUMNS))


def _with_prefix(statement: str, prefix: str) -> Operation[list[rows.Row]]:
    end = prefix_end(prefix)
    return [] if end is None else (yield from run(statement, prefix=prefix, prefix_end=end))


def _forms(text: str) -> dict[str, str]:
    """Return a name as another client may have stored it, and in the form that add_host stores, to compare in SQL."""
    name = text.translate(_UPPER_TO_LOWER)  # only ASCII, as lower() does in PostgreSQL and SQLite
    canonical = canonical_or_none(canonical_hostname, text) or name
    return {"name": name, "folded": text.lower(), "canonical": canonical}
