"""Importing a file's hosts: each pair once, with the names of all its lines, and one event for each real change."""

from io import BytesIO
from random import Random
from typing import Any

import pytest

from hostsdb import ImportSummary, InvalidData, Storage
from hostsdb.formats import read, write
from hostsdb.operations import import_changes

OLD = b"10.0.0.7 same\n10.0.0.8 other old\n10.0.0.9 gone\n"
NEW = b"10.0.0.2 b\n10.0.0.1 a x\nno line\n10.0.0.1 a y\n10.0.0.7 same\n10.0.0.8 other new\n10.0.0.3 c\n"
AFTER = {"a": ("x", "y"), "b": (), "c": (), "same": ()}


def lines(content: bytes):
    return read(BytesIO(content), "hosts")


@pytest.mark.parametrize("at_once", [1, 2, 3, 250_000])
def test_hosts_are_added_by_as_many_statements_as_it_takes(
    storage: Storage, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(import_changes, "_ADDED_AT_ONCE", at_once)
    storage.import_hosts(lines(OLD))
    done = storage.import_hosts(lines(NEW), created_by="me")
    assert done == ImportSummary(
        read=7, added=3, changed=0, removed=0, identical=1, differing=1, repeated=1, bad=1
    )
    entries = {entry.hostname: entry.aliases for entry in storage.list_all()}
    assert entries == AFTER | {"other": ("old",), "gone": ()}
    events = storage.events_since(-1)
    assert len(events) == 6 and len({event.event_id for event in events}) == 6
    assert [event.created_by for event in events[3:]] == ["me"] * 3


@pytest.mark.parametrize("mode", ["replace", "mirror"])
def test_what_is_there_is_changed_and_what_the_file_lacks_goes(storage: Storage, mode) -> None:
    storage.import_hosts(lines(OLD))
    done = storage.import_hosts(lines(NEW), mode=mode)
    removed = 1 if mode == "mirror" else 0
    assert (done.added, done.changed, done.removed, done.identical) == (3, 1, removed, 1)
    entries = {entry.hostname: entry.aliases for entry in storage.list_all()}
    assert entries == AFTER | {"other": ("new",)} | ({} if removed else {"gone": ()})
    assert storage.import_hosts(lines(NEW), mode=mode).identical == 5


def pairs(storage: Storage) -> set[tuple[str, str]]:
    return {(e.ip_address, name) for e in storage.list_all() for name in (e.hostname, *e.aliases)}


def test_lines_of_one_pair_are_merged(storage: Storage) -> None:
    done = storage.import_hosts(
        lines(
            b"10.0.0.1 a c\n10.0.0.2 a z\n\n10.0.0.1 a b c # first\n# x\n10.0.0.1 a # second\n10.0.0.1 a d b\n"
        )
    )
    assert done == ImportSummary(
        read=5,
        added=2,
        changed=0,
        removed=0,
        identical=0,
        differing=0,
        repeated=3,
        bad=0,
        comments=1,
        blank=1,
    )
    entries = sorted(storage.list_all(), key=lambda entry: entry.first_position)
    assert [(e.ip_address, e.aliases, e.comment) for e in entries] == [
        ("10.0.0.1", ("c", "b", "d"), "first"),
        ("10.0.0.2", ("z",), None),
    ]


def test_rows_of_one_pair_have_the_first_tags_and_priority(storage: Storage) -> None:
    rows = b"ip_address,hostname,aliases,tags,priority\n::1,a,,t,\n::1,a,b,u,7\n::1,a,c,t,8\n"
    storage.import_hosts(read(BytesIO(rows), "csv"), tags=["given"])
    (host,) = storage.list_all()
    assert (host.aliases, host.tags, host.priority) == (("b", "c"), ("t", "given"), 7)


def test_the_valid_names_of_a_line_are_imported(storage: Storage) -> None:
    content = b"10.20.0.5 ok1.lan ok2.lan bad-.lan\n10.20.0.6 *.dev.lan\n10.20.0.7 -x ok3.lan\n"
    done = storage.import_hosts(lines(content))
    assert (done.read, done.added, done.bad) == (3, 2, 3)
    assert pairs(storage) == {
        ("10.20.0.5", "ok1.lan"),
        ("10.20.0.5", "ok2.lan"),
        ("10.20.0.7", "ok3.lan"),
    }
    with pytest.raises(InvalidData, match="3 bad lines"):
        storage.import_hosts(lines(content), strict=True)


PARTS = [
    b"10.0.0.1 nas",
    b"10.0.0.1 nas # another comment",
    b"10.0.0.1 media nas.lan nas",
    b"10.0.0.1 nas\n10.0.0.1 media",
    b"10.0.0.1 nas.lan nas # why\n10.0.0.1 media",
]


@pytest.mark.parametrize("mode", ["skip", "replace", "mirror"])
def test_a_line_whose_names_all_belong_to_a_host_changes_nothing(storage: Storage, mode: Any) -> None:
    host = storage.add_host("10.0.0.1", "nas.lan", aliases=["nas", "media"], comment="why", tags=["t"])
    for text in PARTS:
        done = storage.import_hosts(lines(text), mode=mode)
        assert storage.list_all() == [host]
        assert (done.identical, done.added, done.changed, done.removed) == (1, 0, 0, 0)
        assert done.repeated == text.count(b"\n")


def test_a_line_with_a_new_name_is_a_new_host(storage: Storage) -> None:
    storage.add_host("10.0.0.1", "nas.lan", aliases=["nas"])
    content = b"10.0.0.1 nas new\n10.0.0.2 nas\n10.0.0.1 other.lan nas\n"
    assert storage.import_hosts(lines(content)).added == 3
    # Files with tags have each host as a whole.
    storage.import_hosts(
        read(BytesIO(b'[{"ip_address": "10.0.0.1", "hostname": "new", "tags": []}]'), "json")
    )
    assert storage.find_by_ip_and_hostname("10.0.0.1", "new") is not None


def test_replace_removes_an_alias_that_no_line_has(storage: Storage) -> None:
    host = storage.add_host("10.0.0.1", "nas.lan", aliases=["nas", "media"])
    assert storage.import_hosts(lines(b"10.0.0.1 nas.lan nas"), mode="replace").changed == 1
    assert storage.get_by_id(host.id).aliases == ("nas",)


LETTERS = "abcdefghij"


def random_hosts(random: Random) -> list[tuple[str, list[str], str | None]]:
    """Return hosts with long and short names and comments; no name twice for an address."""
    hosts = []
    for n in range(30):
        name = ".".join(
            random.choice(LETTERS) * random.choice([3, 63]) for _ in range(random.choice([1, 2, 3]))
        )
        # With the last label, the longest names have the allowed 253 characters.
        others = [
            f"{name}.a{k}".ljust(random.choice([9, 253]), "x") for k in range(random.choice([0, 1, 4, 12]))
        ]
        others = [
            ".".join(x[i : i + 60] for i in range(0, len(x), 60)) if len(x) > 250 else x for x in others
        ]
        comment = random.choice([None, "why", "# x", "ü" * random.randint(1, 700), "a\n b" * 200])
        hosts.append((f"10.0.{n}.1", [f"{name}.h", *(x[:253].strip(".") for x in others)], comment))
    return hosts


@pytest.mark.generated
@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.faults)])
def test_an_exported_file_changes_nothing(storage: Storage, seed: int) -> None:
    for address, names, comment in random_hosts(Random(seed)):
        storage.add_host(address, names[0], aliases=names[1:], comment=comment, tags=["t"])
    before = storage.list_all()
    assert any(len(entry.comment or "") > 600 for entry in before)
    for names_per_line in (None, 2, 9):
        text = "".join(write(before, "hosts", names_per_line=names_per_line)).encode()
        assert max(map(len, text.splitlines(keepends=True))) < 512
        assert musl_pairs(text) == pairs(storage)
        for mode in ("skip", "replace", "mirror"):
            done = storage.import_hosts(lines(text), mode=mode)
            assert (done.identical, done.bad) == (len(before), 0)
    assert storage.list_all() == before


def musl_pairs(text: bytes) -> set[tuple[str, str]]:
    """Return the address and name of each pair as musl reads it: 511 bytes at a time."""
    stream, found = BytesIO(text), set[tuple[str, str]]()
    while line := stream.readline(511):
        address, *names = line.partition(b"#")[0].decode().split() or [""]
        found.update((address, name) for name in names)
    return found
