"""Restoring a snapshot by the smallest set of events."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from hostsdb import rows
from hostsdb.engine_errors import ConstraintViolation, TransientError
from hostsdb.errors import InvalidData
from hostsdb.formats.hosts import file_comment, parse, write
from hostsdb.formats.order import in_order
from hostsdb.formats.record import BadLine, Entry, HostRecord, OtherLine
from hostsdb.model import HostCreated, HostDeleted, HostEntry, HostEvent, Snapshot, StoredEvent
from hostsdb.operations.hosts import DETAILS, changes
from hostsdb.operations.inserting import insert
from hostsdb.operations.preparing import prepare_steps
from hostsdb.operations.projection import list_all
from hostsdb.operations.retry import retry_write
from hostsdb.operations.snapshots import find_snapshot, get_snapshot, insert_snapshot, rendered
from hostsdb.operations.staging import union
from hostsdb.operations.steps import Operation, in_transaction, run
from hostsdb.operations.versions import database_time
from hostsdb.ulids import new_id

Step = tuple[str, HostEvent]  # a host's id, and its next event
_Pair = tuple[str, str]


def restore_snapshot(id: str, *, created_by: str | None = None) -> Operation[list[StoredEvent]]:
    """Change the hosts back to what a snapshot shows, in one transaction.

    First it stores a snapshot of the current hosts with the trigger `pre-rollback`. A host that has not changed
    keeps its id and version. A deleted host is created again under a new id.

    Arguments:
        id: the snapshot's id.
        created_by: who restores it.
    Returns:
        the appended events; an empty list if nothing has changed since.
    Raises:
        NotFound: there is no snapshot with this id.
        InvalidData: the snapshot's content is not a hosts file.
    """
    snapshot = yield from get_snapshot(id)
    # Before the transaction: this takes long, its result does not change, and a long transaction loses conflicts.
    wanted = yield from _hosts_of(snapshot)
    before, envelopes = new_id(), list[StoredEvent]()

    def restore() -> Operation[list[StoredEvent]]:
        # This id makes a second attempt wait for the first one. If the first is stored, the second is refused.
        now = yield from rendered(f"before {id}", "pre-rollback")
        yield from insert_snapshot(replace(now, snapshot_id=before, created_at=datetime.now(UTC)))
        current, unreadable = yield from _current()
        steps = restoring_steps(current, wanted, unreadable)
        milliseconds = yield from database_time()
        envelopes[:] = yield from insert(prepare_steps(steps, current, created_by, milliseconds))
        return envelopes

    def find_stored() -> Operation[list[StoredEvent] | None]:
        return envelopes if (yield from find_snapshot(before)) else None

    try:
        return (yield from retry_write(lambda: in_transaction(restore()), find_stored))
    except ConstraintViolation as refused:
        # Nothing is stored. The next attempt sees what the other writer stored.
        raise TransientError(
            f"another writer changed hosts while the snapshot was restored: {refused}"
        ) from refused.__cause__


def plan_restore(id: str) -> Operation[list[Step]]:
    """Return the events that restore_snapshot would append, each with its host's id. Nothing is stored.

    Raises:
        NotFound, InvalidData: as restore_snapshot.
    """
    snapshot = yield from get_snapshot(id)
    wanted = yield from _hosts_of(snapshot)
    current, unreadable = yield from _current()
    return restoring_steps(current, wanted, unreadable)


def _current() -> Operation[tuple[list[HostEntry], dict[str, _Pair]]]:
    """Return the current hosts, and the pairs of the hosts that cannot be read or changed, by their ids."""
    found = yield from run("list_all")
    current = rows.changeable(rows.entries(found))
    ids = {entry.id for entry in current}
    return current, {row[0]: (row[1], row[2]) for row in found if row[0] not in ids}


def _hosts_of(snapshot: Snapshot) -> Operation[list[Entry]]:
    """Return the hosts of a snapshot: those of the log at its position, if its content shows the same."""
    if snapshot.event_log_position is None:
        hosts = yield from list_all()
    else:
        found = yield from run("hosts_at_position", position=snapshot.event_log_position)
        hosts = rows.entries(found)
    if "".join(write(hosts)) == snapshot.hosts_content:
        return list(in_order(hosts))
    # A hosts file has no tags and no priorities.
    return _parsed(snapshot.hosts_content, {_pair(host): host for host in hosts})


def _parsed(content: str, known: dict[_Pair, HostEntry]) -> list[Entry]:
    hosts: dict[_Pair, HostRecord] = {}
    for line in parse(content.split("\n")):
        if isinstance(line, OtherLine):
            continue
        reason = line.problem if isinstance(line, HostRecord) else line.reason
        if isinstance(line, BadLine) or reason:
            raise InvalidData(f"line {line.number} of the snapshot is not a line of a hosts file: {reason}")
        first = hosts.get(_pair(line))
        hosts[_pair(line)] = _like(line, known.get(_pair(line))) if first is None else _merged(first, line)
    return list(hosts.values())


def _like(line: HostRecord, host: HostEntry | None) -> HostRecord:
    """Return a line with the values of its host that a hosts file does not have."""
    if host is None:
        return line._replace(tags=(), priority=0)
    comment = host.comment if line.comment == file_comment(host) else line.comment
    return line._replace(tags=host.tags, priority=host.priority, comment=comment)


def _merged(first: HostRecord, line: HostRecord) -> HostRecord:
    return first._replace(aliases=tuple(union(first.aliases, line.aliases)))


def _pair(host: Entry) -> _Pair:
    return host.ip_address, host.hostname


def restoring_steps(
    current: list[HostEntry], wanted: list[Entry], unreadable: dict[str, _Pair]
) -> list[Step]:
    """Return the events from the current hosts to the wanted ones. In this order no two hosts ever share a pair.

    Arguments:
        current: the current hosts.
        wanted: the hosts to restore.
        unreadable: the pairs of hosts that stay as they are, by their ids.
    """
    taken = set(unreadable.values())
    wanted = [h for h in wanted if _pair(h) not in taken and getattr(h, "id", None) not in unreadable]
    matched, missing = _match(current, wanted)
    deleted = [entry for entry in current if entry.id not in matched]
    kept = [(entry, matched[entry.id]) for entry in current if entry.id in matched]
    # Field by field: one statement appends many events of one type.
    changed = [
        (entry.id, event)
        for field in DETAILS
        for entry, host in kept
        for event in changes(entry, **{field: getattr(host, field)})
    ]
    moving = [(entry, host) for entry, host in kept if _pair(entry) != _pair(host)]
    moves, displaced = _moves(moving, taken.union(_pair(entry) for entry, _ in kept))
    # In the order of the snapshot: their first events decide the order of the new hosts.
    places = {_pair(host): place for place, host in enumerate(wanted)}
    created = [
        (new_id(), _creation(host)) for host in sorted(missing + displaced, key=lambda h: places[_pair(h)])
    ]
    return [*map(_deletion, deleted), *changed, *moves, *created]


def _match(current: list[HostEntry], wanted: list[Entry]) -> tuple[dict[str, Entry], list[Entry]]:
    """Return the wanted hosts by the id of the current host: by id, else by pair. The others are missing."""
    ids = {entry.id for entry in current}
    by_pair = {_pair(entry): entry.id for entry in current}
    matched: dict[str, Entry] = {
        host.id: host for host in wanted if isinstance(host, HostEntry) and host.id in ids
    }
    missing = []
    for host in wanted:
        if isinstance(host, HostEntry) and host.id in ids:
            continue
        same_pair = by_pair.get(_pair(host))
        if same_pair is None or same_pair in matched:
            missing.append(host)
        else:
            matched[same_pair] = host
    return matched, missing


def _deletion(entry: HostEntry) -> Step:
    return entry.id, HostDeleted(*_pair(entry), "restored a snapshot")


def _creation(host: Entry) -> HostCreated:
    return HostCreated(*_pair(host), host.comment, host.tags or (), host.aliases, host.priority or 0)


def _moves(moving: list[tuple[HostEntry, Entry]], taken: set[_Pair]) -> tuple[list[Step], list[Entry]]:
    """Return the changes of address and hostname, and the hosts that must be created again.

    Arguments:
        moving: the current hosts, each with its wanted state.
        taken: the pairs of all current hosts.
    """
    steps: list[Step] = []
    displaced: list[Entry] = []
    while moving:
        waiting = []
        for entry, host in moving:
            order = _free_order(entry, host, taken)
            if order is None:
                waiting.append((entry, host))
                continue
            taken.remove(_pair(entry))
            taken.add(_pair(host))
            steps += [(entry.id, event) for event in order]
        if len(waiting) == len(moving):
            # Each host waits for the place of another one. One is deleted, and created again under a new id.
            entry, host = waiting.pop()
            taken.remove(_pair(entry))
            steps.append(_deletion(entry))
            displaced.append(host)
        moving = waiting
    return steps, displaced


def _free_order(entry: HostEntry, host: Entry, taken: set[_Pair]) -> list[HostEvent] | None:
    """Return the changes in an order in which the host passes no taken pair; None if there is no such order."""
    if _pair(host) in taken:
        return None
    events = changes(entry, ip_address=host.ip_address, hostname=host.hostname)
    if len(events) == 1 or (host.ip_address, entry.hostname) not in taken:
        return events
    return events[::-1] if (entry.ip_address, host.hostname) not in taken else None
