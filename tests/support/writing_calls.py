"""Calls that write, for tests that break a connection in the midst of each: what each adds, and what it returns."""

from collections.abc import Callable
from typing import Any, NamedTuple

from hostsdb import AliasesModified, CommentUpdated, HostCreated, ImportSummary, Snapshot, Storage
from hostsdb.formats.hosts import parse
from hostsdb.model import HostEvent

COUNTS = "SELECT (SELECT count(*) FROM host_events), (SELECT count(*) FROM snapshots)"


class Planned(NamedTuple):
    """A call, how many events and snapshots it adds, and what it returns as another storage sees it afterwards."""

    call: Callable[[Storage], Any]
    events: int
    snapshots: int
    expected: Callable[[Any], Any]


def _entry(other: Storage) -> Callable[[Any], Any]:
    return lambda entry: other.get_by_id(entry.id)


def _envelopes(other: Storage) -> Callable[[Any], Any]:
    def stored(answer: Any) -> Any:
        envelopes = answer if isinstance(answer, list) else [answer]
        hosts = {envelope.aggregate_id for envelope in envelopes}
        found = {e.event_id: e for host in hosts for e in other.load_events(str(host))}
        return (
            type(answer)(found[e.event_id] for e in envelopes)
            if answer is envelopes
            else found[answer.event_id]
        )

    return stored


def _snapshot(other: Storage) -> Callable[[Any], Any]:
    return lambda snapshot: other.get_snapshot(snapshot.snapshot_id)


def add_host(other: Storage, name: str) -> Planned:
    return Planned(lambda s: s.add_host("10.0.0.1", name, tags=["t"], comment="c"), 1, 0, _entry(other))


def update_host(other: Storage, name: str) -> Planned:
    host = other.add_host("10.0.0.1", name)
    changes: dict[str, Any] = {
        "comment": "c",
        "tags": ["t"],
        "aliases": [f"{name}.x"],
        "hostname": f"{name}y",
    }
    version = host.event_version
    return Planned(lambda s: s.update_host(host.id, expected_version=version, **changes), 4, 0, _entry(other))


def delete_host(other: Storage, name: str) -> Planned:
    host = other.add_host("10.0.0.1", name)
    version = host.event_version
    return Planned(lambda s: s.delete_host(host.id, expected_version=version), 1, 0, lambda answer: None)


def append_event(other: Storage, name: str) -> Planned:
    return Planned(lambda s: s.append_event(name, HostCreated("10.0.0.1", name)), 1, 0, _envelopes(other))


def append_batch(other: Storage, name: str) -> Planned:
    host = other.add_host("10.0.0.1", name)
    changes: list[HostEvent] = [CommentUpdated(None, "c"), AliasesModified((), ("a",))]
    batch: Any = [(f"{name}2", [HostCreated("10.0.0.2", name)], None), (host.id, changes, host.event_version)]
    return Planned(lambda s: s.append_batch(batch), 3, 0, _envelopes(other))


def save_snapshot(other: Storage, name: str) -> Planned:
    snapshot = Snapshot("10.0.0.1\th\n", 1, name=name)
    return Planned(lambda s: s.save_snapshot(snapshot), 0, 1, _snapshot(other))


def create_snapshot(other: Storage, name: str) -> Planned:
    return Planned(lambda s: s.create_snapshot(name), 0, 1, _snapshot(other))


def delete_snapshot(other: Storage, name: str) -> Planned:
    snapshot = other.create_snapshot(name)
    id = str(snapshot.snapshot_id)
    return Planned(lambda s: s.delete_snapshot(id), 0, -1, lambda answer: None)


def restore_snapshot(other: Storage, name: str) -> Planned:
    changed, deleted = other.add_host("10.0.0.1", name), other.add_host("10.0.0.2", name)
    snapshot = other.create_snapshot(name)
    other.update_host(changed.id, comment="c", ip_address="10.0.0.4")
    other.delete_host(deleted.id)
    other.add_host("10.0.0.3", name)
    id = str(snapshot.snapshot_id)
    return Planned(lambda s: s.restore_snapshot(id), 4, 1, _envelopes(other))


def erase_host(other: Storage, name: str) -> Planned:
    host = other.add_host("10.0.0.1", name)
    other.delete_host(host.id)
    return Planned(lambda s: s.erase_host(host.id, reason="asked for"), -2, 0, lambda answer: 2)


def import_that_adds(other: Storage, name: str) -> Planned:
    text = [f"10.0.0.1 {name} {name}.x", f"10.0.0.2 {name}"]
    summary = ImportSummary(
        read=2, added=2, changed=0, removed=0, identical=0, differing=0, repeated=0, bad=0
    )
    return Planned(lambda s: s.import_hosts(parse(text)), 2, 0, lambda answer: summary)


def import_that_changes(other: Storage, name: str) -> Planned:
    other.import_hosts(parse([f"10.0.0.1 {name}", f"10.0.0.2 {name}"]), mode="mirror")
    text = [f"10.0.0.1 {name} # c"]
    summary = ImportSummary(
        read=1, added=0, changed=1, removed=1, identical=0, differing=0, repeated=0, bad=0
    )
    return Planned(lambda s: s.import_hosts(parse(text), mode="mirror"), 2, 1, lambda answer: summary)


def import_that_changes_nothing(other: Storage, name: str) -> Planned:
    other.add_host("10.0.0.1", name)
    summary = ImportSummary(
        read=1, added=0, changed=0, removed=0, identical=1, differing=0, repeated=0, bad=0
    )
    return Planned(lambda s: s.import_hosts(parse([f"10.0.0.1 {name}"])), 0, 0, lambda answer: summary)


CALLS = [
    add_host,
    update_host,
    delete_host,
    append_event,
    append_batch,
    save_snapshot,
    create_snapshot,
    delete_snapshot,
    restore_snapshot,
    erase_host,
    import_that_adds,
    import_that_changes,
]
