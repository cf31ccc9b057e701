"""Going back to a snapshot by the smallest set of events."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from hostsdb import rows
from hostsdb.engine_errors import ConstraintViolation, TransientError
from hostsdb.errors import InvalidData
from hostsdb.formats.hosts import parse, write
from hostsdb.formats.record import BadLine, HostRecord
from hostsdb.model import (
    EventEnvelope,
    HostCreated,
    HostDeleted,
    HostEntry,
    HostEvent,
    IpAddressChanged,
    Snapshot,
)
from hostsdb.operations.events import insert, prepare
from hostsdb.operations.hosts import changes
from hostsdb.operations.projection import list_all
from hostsdb.operations.retry import retry_write
from hostsdb.operations.snapshots import get_snapshot, insert_snapshot, rendered
from hostsdb.operations.steps import Operation, in_transaction, run
from hostsdb.ulids import new_id


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A host as it shall be. The id is None where only the rendered file tells of it."""

    id: str | None
    ip_address: str
    hostname: str
    comment: str | None
    tags: tuple[str, ...]
    aliases: tuple[str, ...]

    @property
    def record(self) -> HostRecord:
        return HostRecord(0, self.ip_address, self.hostname, self.aliases, self.comment)

    @property
    def pair(self) -> tuple[str, str]:
        return self.ip_address, self.hostname


def restore_snapshot(id: str, *, created_by: str | None = None) -> Operation[list[EventEnvelope]]:
    """Bring the hosts back to what a snapshot shows, after a `pre-rollback` snapshot, in one transaction.

    A host that is as it was keeps its id and version; a deleted one comes back under a new id.

    Arguments:
        id: the snapshot's id.
        created_by: who restores.
    Returns:
        the events that were appended, none where nothing had changed.
    Raises:
        NotFound: there is no such snapshot.
        InvalidData: its content is no hosts file.
    """
    snapshot = yield from get_snapshot(id)
    # Before the transaction, for it takes long and does not change: what others do from the look at the current state
    # to the commit makes them the faster ones.
    wanted = yield from _wanted(snapshot, (yield from list_all()))
    before, envelopes = new_id(), list[EventEnvelope]()

    def stored() -> Operation[list[EventEnvelope] | None]:
        return envelopes if (yield from run("get_snapshot", snapshot_id=before)) else None

    try:
        return (
            yield from retry_write(
                lambda: in_transaction(_restore(id, wanted, before, created_by, envelopes)), stored
            )
        )
    except ConstraintViolation as refused:
        # Another writer changed a host meanwhile: nothing is stored, and the same again sees the new state.
        raise TransientError(
            f"hosts changed while the snapshot was restored: {refused}"
        ) from refused.__cause__


def plan_restore(id: str) -> Operation[list[tuple[str, HostEvent]]]:
    """Return the events that restore_snapshot would append, each with its host's id, and append none.

    Raises:
        NotFound, InvalidData: as restore_snapshot.
    """
    snapshot = yield from get_snapshot(id)
    current = yield from list_all()
    wanted = yield from _wanted(snapshot, current)
    plan = _Plan(current, None)
    plan.towards(wanted)
    return plan.steps


def _restore(
    id: str, wanted: list[_Wanted], before: str, created_by: str | None, envelopes: list[EventEnvelope]
) -> Operation[list[EventEnvelope]]:
    """Restore, within a transaction; `envelopes` holds what it appends also where the commit's answer is lost."""
    # First, as its id makes a second try wait for the first, and refuses it where that one is stored.
    now = yield from rendered(f"before {id}", "pre-rollback")
    yield from insert_snapshot(replace(now, snapshot_id=before, created_at=datetime.now(UTC)))
    current = yield from list_all()
    envelopes[:] = yield from insert(_Plan(current, created_by).towards(wanted))
    return envelopes


def _wanted(snapshot: Snapshot, current: list[HostEntry]) -> Operation[list[_Wanted]]:
    """Return what the snapshot's content says, with ids and tags, which it cannot say, from the log."""
    state = {entry.id: _Wanted(**_fields(entry), id=entry.id) for entry in current}
    if snapshot.event_log_position is not None:
        found = yield from run("events_of_changed_hosts", position=snapshot.event_log_position)
        envelopes = map(rows.envelope, found)
        for host, events in groupby(envelopes, key=lambda envelope: envelope.aggregate_id):
            before = _fold(e for e in events if (e.position or 0) <= snapshot.event_log_position)
            state.pop(host or "", None)
            if before is not None:
                state[before.id or ""] = before
    if "".join(write(host.record for host in state.values())) == snapshot.hosts_content:
        return list(state.values())
    return _of_content(snapshot.hosts_content, {host.pair: host.tags for host in state.values()})


def _of_content(content: str, tags: dict[tuple[str, str], tuple[str, ...]]) -> list[_Wanted]:
    wanted: dict[tuple[str, str], _Wanted] = {}
    for line in parse(content.split("\n")):
        if isinstance(line, BadLine):
            raise InvalidData(f"line {line.number} of the snapshot is no line of a hosts file: {line.reason}")
        pair = (line.ip_address, line.hostname)
        host = _Wanted(None, *pair, line.comment, tags.get(pair, ()), line.aliases)
        wanted.setdefault(pair, host)
    return list(wanted.values())


def _fields(entry: HostEntry) -> dict[str, Any]:
    names = ("ip_address", "hostname", "comment", "tags", "aliases")
    return {name: getattr(entry, name) for name in names}


def _fold(envelopes: Iterable[EventEnvelope]) -> _Wanted | None:
    state: _Wanted | None = None
    for envelope in envelopes:
        event = envelope.event
        if isinstance(event, HostCreated):
            state = _Wanted(
                envelope.aggregate_id,
                event.ip_address,
                event.hostname,
                event.comment,
                event.tags,
                event.aliases,
            )
        elif isinstance(event, HostDeleted) or state is None:
            return None
        else:
            field_name, _, value = rows.event_change(event)
            state = replace(state, **{field_name: value})
    return state


@dataclass
class _Plan:
    """The events from one state to another, in an order in which no two hosts ever share a pair."""

    current: list[HostEntry]
    created_by: str | None
    events: list[dict[str, Any]] = field(default_factory=list)
    steps: list[tuple[str, HostEvent]] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)
    taken: set[tuple[str, str]] = field(default_factory=set)

    def towards(self, wanted: list[_Wanted]) -> list[dict[str, Any]]:
        by_id = {entry.id: entry for entry in self.current}
        by_pair = {(e.ip_address, e.hostname): e for e in self.current}
        self.taken = set(by_pair)
        matched: dict[str, _Wanted] = {host.id: host for host in wanted if host.id in by_id and host.id}
        missing: list[_Wanted] = []
        for host in wanted:
            if host.id in by_id:
                continue
            same_pair = by_pair.get(host.pair)
            if same_pair is None or same_pair.id in matched:
                missing.append(host)
            else:
                matched[same_pair.id] = host
        self._delete(entry for entry in self.current if entry.id not in matched)
        moving = [(by_id[id], host) for id, host in matched.items()]
        for name in ("comment", "tags", "aliases"):
            for entry, host in moving:
                self._append(entry, changes(entry, **{name: getattr(host, name)}))
        missing += self._move([(e, h) for e, h in moving if (e.ip_address, e.hostname) != h.pair])
        for host in missing:
            event = HostCreated(host.ip_address, host.hostname, host.comment, host.tags, host.aliases)
            self._add(new_id(), event, None)
        return self.events

    def _delete(self, entries: Iterable[HostEntry]) -> None:
        for entry in entries:
            self.taken.discard((entry.ip_address, entry.hostname))
            self._append(entry, [HostDeleted(entry.ip_address, entry.hostname, "restored a snapshot")])

    def _move(self, moving: list[tuple[HostEntry, _Wanted]]) -> list[_Wanted]:
        """Change addresses and names where the way is free; return hosts that had to be deleted to free it."""
        missing: list[_Wanted] = []
        while moving:
            waiting = [move for move in moving if not self._moved(*move)]
            if len(waiting) == len(moving):
                # A ring of hosts, each in another's place. One leaves and comes back under a new id.
                entry, host = waiting.pop()
                self._delete([entry])
                missing.append(host)
            moving = waiting
        return missing

    def _moved(self, entry: HostEntry, host: _Wanted) -> bool:
        steps = changes(entry, ip_address=host.ip_address, hostname=host.hostname)
        for order in (steps, steps[::-1]):
            pair, passed = (entry.ip_address, entry.hostname), []
            for event in order:
                pair = (
                    (event.new_ip, pair[1])
                    if isinstance(event, IpAddressChanged)
                    else (pair[0], host.hostname)
                )
                passed.append(pair)
            if not self.taken.intersection(passed):
                self.taken.discard((entry.ip_address, entry.hostname))
                self.taken.add(host.pair)
                self._append(entry, order)
                return True
        return False

    def _append(self, entry: HostEntry, events: Iterable[HostEvent]) -> None:
        for event in events:
            self._add(entry.id, event, self.versions.get(entry.id, entry.event_version))

    def _add(self, host: str, event: HostEvent, expected_version: str | None) -> None:
        envelope = EventEnvelope(event, created_by=self.created_by)
        (columns,) = prepare(host, [envelope], expected_version)
        self.versions[host] = columns["event_version"]
        self.events.append(columns)
        self.steps.append((host, event))
