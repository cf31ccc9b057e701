"""The order of hosts: by priority, then by the position of their first event, wherever a file for resolvers is made."""

import random
from io import BytesIO
from typing import Any

import pytest

from hostsdb import (
    EventEnvelope,
    HostCreated,
    HostEntry,
    HostFilter,
    InvalidData,
    PriorityChanged,
    Snapshot,
    Storage,
)
from hostsdb.formats import InOrder, packed, read, write
from hostsdb.operations import import_changes
from tests.conformance.samples import FUTURE, created, new_host, whole_log

LOWEST, HIGHEST = -(2**31), 2**31 - 1

# The first name of an address is its canonical name. It is not the first one by bytes.
FILE = b"""192.168.50.10 www.lan www
192.168.50.10 nas.lan
192.168.50.9 www.lan
::1 localhost
192.168.50.10 mail.lan
"""
NAMES = ["www.lan", "nas.lan", "www.lan", "localhost", "mail.lan"]


def names(hosts: list[HostEntry] | str) -> list[str]:
    """Return the hostnames of a hosts file, or of the file that is written from hosts."""
    text = hosts if isinstance(hosts, str) else "".join(write(hosts, "hosts"))
    return [line.split()[1] for line in text.splitlines()]


def import_file(storage: Storage, content: bytes, format: str = "hosts", **options: Any) -> None:
    storage.import_hosts(read(BytesIO(content), format), **options)


def test_a_host_has_a_priority_and_its_first_position(storage: Storage) -> None:
    first = new_host(storage, 1)
    second = new_host(storage, 2, priority=-7)
    assert (first.priority, second.priority) == (0, -7)
    changed = storage.update_host(first.id, priority=HIGHEST, comment="x")
    assert (changed.priority, changed.first_position) == (HIGHEST, first.first_position)
    assert storage.update_host(first.id, priority=HIGHEST) == changed
    stored = [storage.get_by_id(host.id) for host in (first, second)]
    assert stored == [changed, second]
    log = whole_log(storage)
    assert [entry.first_position for entry in stored] == [log[0].position, log[1].position]
    assert log[1].event == HostCreated("10.0.0.2", "host2.lan", priority=-7)
    assert log[-1].event == PriorityChanged(0, HIGHEST)
    assert storage.load_events(first.id)[-1] == log[-1]
    assert names(storage.list_all()) == ["host2.lan", "host1.lan"]
    assert names(list(InOrder(storage.map_all(packed)))) == ["host2.lan", "host1.lan"]


def test_priorities_are_appended(storage: Storage) -> None:
    done = storage.append_event("a", HostCreated("10.0.0.1", "a", priority=LOWEST))
    steps = [PriorityChanged(LOWEST, 5), PriorityChanged(None, 0), PriorityChanged(0, HIGHEST)]
    stored = storage.append_events("a", steps, done.event_version)
    assert [envelope.event for envelope in stored] == steps
    assert [envelope.event for envelope in storage.load_events("a")][1:] == steps
    hosts = [(str(n), [HostCreated("10.0.1.1", f"b{n}", priority=n)], None) for n in range(5)]
    storage.append_batch(hosts)
    changes = [(str(n), [PriorityChanged(n, -n)], storage.get_by_id(str(n)).event_version) for n in range(5)]
    storage.append_batch(changes)
    assert names(storage.list_all()) == ["b4", "b3", "b2", "b1", "b0", "a"]
    # The same event again is a repeat; with another priority it is another event.
    again = stored[-1]
    assert storage.append_events("a", [again], stored[-2].event_version) == [again]


@pytest.mark.parametrize(
    "priority", [True, 1.0, "1", None, LOWEST - 1, HIGHEST + 1, 10**5000, object()], ids=type
)
def test_a_priority_is_an_integer_of_32_bits(storage: Storage, priority: Any) -> None:
    host = new_host(storage)
    for call in (
        lambda: new_host(storage, 2, priority=priority),
        lambda: storage.update_host(host.id, priority=priority),
        lambda: storage.update_hosts(HostFilter(), priority=priority, all_hosts=True),
        lambda: storage.append_event("x", HostCreated("10.0.0.9", "x", priority=priority)),
        lambda: storage.append_event(host.id, PriorityChanged(0, priority), host.event_version),
    ):
        with pytest.raises((InvalidData, TypeError), match="priority"):
            call()
    assert storage.list_all() == [host] and len(whole_log(storage)) == 1


def test_many_hosts_get_a_priority(storage: Storage) -> None:
    hosts = [new_host(storage, number) for number in range(1, 5)]
    planned = storage.update_hosts(HostFilter(hostname_pattern="host3"), priority=-1, dry_run=True)
    assert [events for _, events in planned] == [(PriorityChanged(0, -1),)]
    assert len(storage.update_hosts(HostFilter(hostname_pattern="host3"), priority=-1)) == 1
    assert storage.update_hosts(HostFilter(hostname_pattern="host3"), priority=-1) == []
    storage.update_hosts(HostFilter(), add_tags=["t"], all_hosts=True)
    assert names(storage.list_all()) == ["host3.lan", "host1.lan", "host2.lan", "host4.lan"]
    assert [entry.id for entry in storage.search(HostFilter(tags=("t",)))] == [host.id for host in hosts]


def test_an_imported_file_keeps_its_order(storage: Storage) -> None:
    import_file(storage, FILE)
    storage.add_host("192.168.50.10", "aaa.lan")
    assert names(storage.list_all()) == [*NAMES, "aaa.lan"]
    text = "".join(write(storage.list_all(), "unbound"))
    assert 'local-data-ptr: "192.168.50.10 www.lan."' in text and text.count("local-data-ptr") == 3
    import_file(storage, b"192.168.50.10 zzz.lan\n" + FILE, mode="mirror")
    assert names(storage.list_all()) == [*NAMES, "zzz.lan"]


@pytest.mark.parametrize("at_once", [2, 250_000])
def test_positions_follow_the_lines(storage: Storage, monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    monkeypatch.setattr(import_changes, "_ADDED_AT_ONCE", at_once)
    lines = [f"10.0.{n % 7}.{n % 11} host{n}.lan\n" for n in range(60)]
    random.Random(1).shuffle(lines)
    # Of a repeated line the first one counts.
    import_file(storage, "".join([*lines, *lines[::-1]]).encode())
    wanted = [line.split()[1] for line in lines]
    assert [envelope.event.hostname for envelope in whole_log(storage)] == wanted  # type: ignore[union-attr]
    assert names(storage.list_all()) == wanted


@pytest.mark.parametrize("format", ["json", "csv"])
def test_files_with_priorities_are_read_and_written(storage: Storage, format: str) -> None:
    import_file(storage, FILE)
    host = storage.find_by_ip_and_hostname("192.168.50.10", "mail.lan")
    assert host is not None
    storage.update_host(host.id, priority=-3)
    text = "".join(write(storage.list_all(), format)).encode()
    nothing = storage.plan_import(read(BytesIO(text), format), mode="mirror")
    assert nothing.differences == ()
    changed = text.replace(b"-3", b"4")
    (difference,) = storage.plan_import(read(BytesIO(changed), format), mode="replace").differences
    assert difference.changes == {"priority": (-3, 4)}
    import_file(storage, changed, format, mode="replace")
    assert names(storage.list_all()) == NAMES
    # A hosts file does not say the priority.
    import_file(storage, FILE, mode="replace")
    assert storage.get_by_id(host.id).priority == 4
    storage.delete_host(host.id)
    import_file(storage, changed, format)
    again = storage.find_by_ip_and_hostname("192.168.50.10", "mail.lan")
    assert again is not None and again.priority == 4


def test_a_snapshot_restores_priorities_and_the_order_of_live_hosts(storage: Storage) -> None:
    import_file(storage, FILE)
    one, two, *_, last = sorted(storage.list_all(), key=lambda entry: entry.first_position)
    storage.update_host(last.id, priority=-1)
    then = storage.update_host(two.id, priority=9, tags=["t"])
    snapshot = storage.create_snapshot()
    assert names(snapshot.hosts_content) == ["mail.lan", "www.lan", "www.lan", "localhost", "nas.lan"]
    position = snapshot.event_log_position
    storage.update_host(two.id, priority=0)
    storage.delete_host(last.id)
    storage.delete_host(one.id)
    storage.add_host("10.9.9.9", "new.lan", priority=-50)
    assert names(storage.create_snapshot().hosts_content) == ["new.lan", "nas.lan", "www.lan", "localhost"]
    events = storage.restore_snapshot(snapshot.snapshot_id)  # type: ignore[arg-type]
    assert any(event.event == PriorityChanged(0, 9) for event in events)
    # The first host was deleted: it comes after the others of its priority.
    assert names(storage.list_all()) == ["mail.lan", "www.lan", "localhost", "www.lan", "nas.lan"]
    assert [entry.priority for entry in storage.list_all() if entry.hostname == "nas.lan"] == [9]
    restored = storage.get_by_id(two.id)
    assert (restored.first_position, restored.tags) == (then.first_position, ("t",))
    assert position is not None and storage.restore_snapshot(snapshot.snapshot_id) == []  # type: ignore[arg-type]


def test_a_snapshot_without_a_position_keeps_the_priorities_of_live_hosts(storage: Storage) -> None:
    kept = new_host(storage, 1, priority=5)
    gone = new_host(storage, 2, priority=6)
    text = "10.0.0.3\thost3.lan\n10.0.0.2\thost2.lan\n10.0.0.1\thost1.lan\t# back\n"
    saved = storage.save_snapshot(Snapshot(text, 3))
    storage.delete_host(gone.id)
    storage.restore_snapshot(saved.snapshot_id or "")
    assert names(storage.list_all()) == ["host3.lan", "host2.lan", "host1.lan"]
    assert (storage.get_by_id(kept.id).priority, storage.get_by_id(kept.id).comment) == (5, "back")


def test_the_past_has_its_own_order(storage: Storage) -> None:
    import_file(storage, FILE)
    before = storage.list_all()
    then = storage.events_since(-1)[-1].created_at
    assert then is not None
    for entry in before:
        storage.update_host(entry.id, priority=-entry.first_position % 1000 - 500)
    now = storage.list_all()
    assert [(e.priority, e.first_position) for e in storage.get_at_time(FUTURE)] == [
        (e.priority, e.first_position) for e in now
    ]
    assert [(e.priority, e.first_position) for e in storage.get_at_time(then)] == [
        (0, e.first_position) for e in before
    ]
    assert storage.verify() == []


def test_a_retry_of_an_event_compares_its_priority(storage: Storage) -> None:
    stored = storage.append_event("a", created())
    version = stored.event_version
    event = EventEnvelope(PriorityChanged(0, 3), event_id="once")
    once = storage.append_event("a", event, version)
    assert storage.append_event("a", event, version) == once
    with pytest.raises(InvalidData, match="other content"):
        storage.append_event("a", EventEnvelope(PriorityChanged(0, 4), event_id="once"), version)
