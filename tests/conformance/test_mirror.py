"""A mirror changes the hosts in its scope, and nothing if the file has no host."""

from io import BytesIO

import pytest

from hostsdb import InvalidData, Storage
from hostsdb.formats import read

OLD = b"10.0.0.7 same\n10.0.0.8 other old\n10.0.0.9 gone\n"
NEW = b"10.0.0.2 b\n10.0.0.1 a x\nno line\n10.0.0.1 a y\n10.0.0.7 same\n10.0.0.8 other new\n10.0.0.3 c\n"


def lines(content: bytes):
    return read(BytesIO(content), "hosts")


def imported(storage: Storage, content: bytes, **options):
    return storage.import_hosts(lines(content), mode="mirror", **options)


def tags(storage: Storage) -> dict[str, tuple[str, ...]]:
    return {entry.hostname: entry.tags for entry in storage.list_all()}


def test_a_mirror_with_a_tag_leaves_the_hosts_without_it_alone(storage: Storage) -> None:
    storage.add_host("10.0.0.1", "own", tags=["lan"])
    storage.add_host("10.0.0.2", "shared")
    done = imported(storage, b"10.0.0.2 shared\n10.0.0.3 a\n10.0.0.4 b\n10.0.0.5 c\n", tags=["list"])
    assert (done.added, done.changed, done.removed, done.untagged) == (3, 1, 0, 0)
    assert tags(storage)["shared"] == ("list",)
    imported(storage, b"10.0.0.3 a\n", tags=["other"])
    new = b"10.0.0.5 c\n10.0.0.6 d\n"
    plan = storage.plan_import(lines(new), mode="mirror", tags=["list"])
    done = imported(storage, new, tags=["list"])
    assert plan.summary == done
    assert [(d.kind, d.hostname) for d in plan.differences] == [
        ("added", "d"),
        ("changed", "shared"),
        ("changed", "a"),
        ("removed", "b"),
    ]
    assert plan.differences[1].changes == {"tags": (("list",), ())}
    assert (done.added, done.changed, done.removed, done.untagged) == (1, 0, 1, 2)
    assert tags(storage) == {"own": ("lan",), "shared": (), "a": ("other",), "c": ("list",), "d": ("list",)}


def test_the_tag_of_a_mirror_is_compared_whole(storage: Storage) -> None:
    odd = ["a b", 'q"uote', "back\\slash", "b\u00fccher", ",", "we"]
    storage.add_host("10.0.0.1", "own", tags=["web", "\\", *(f"x{tag}" for tag in odd)])
    for tag in odd:
        imported(storage, b"10.0.0.2 a\n10.0.0.3 b\n", tags=[tag])
        done = imported(storage, b"10.0.0.3 b\n", tags=[tag])
        assert (done.removed, done.untagged) == (1, 0)
        assert sorted(tags(storage)) == ["b", "own"]


def test_a_mirror_has_one_tag(storage: Storage) -> None:
    for call in (storage.import_hosts, storage.plan_import):
        with pytest.raises(InvalidData, match="one tag"):
            call(lines(OLD), mode="mirror", tags=["a", "b"])
    assert storage.list_all() == [] and storage.list_snapshots() == []


PAGE = b"<!DOCTYPE html>\n<html><head><title>404</title></head>\n<body>Not found</body></html>\n"


@pytest.mark.parametrize("scope", [(), ("list",)])
def test_a_mirror_of_a_file_without_a_host_needs_leave(storage: Storage, scope) -> None:
    storage.add_host("10.0.0.1", "own")
    storage.import_hosts(lines(OLD), tags=["list"])
    before = storage.events_since(-1)
    for content in (b"", b"# only a comment\n\n", PAGE):
        for call in (storage.import_hosts, storage.plan_import):
            with pytest.raises(InvalidData, match="no valid line"):
                call(lines(content), mode="mirror", tags=scope)
    assert storage.events_since(-1) == before and storage.list_snapshots() == []
    plan = storage.plan_import(lines(PAGE), mode="mirror", tags=scope, allow_empty=True)
    assert plan.summary.removed == (3 if scope else 4)
    imported(storage, PAGE, tags=scope, allow_empty=True)
    assert sorted(tags(storage)) == (["own"] if scope else [])


def test_a_mirror_first_takes_a_snapshot(storage: Storage) -> None:
    storage.import_hosts(lines(OLD))
    before = storage.list_all()
    storage.import_hosts(lines(NEW), mode="replace")
    assert storage.list_snapshots() == []
    imported(storage, b"10.0.0.1 only\n")
    (snapshot,) = storage.list_snapshots()
    assert (snapshot.trigger, snapshot.entry_count) == ("pre-mirror", 6)
    storage.restore_snapshot(snapshot.snapshot_id or "")
    assert {entry.hostname for entry in before} < {entry.hostname for entry in storage.list_all()}
    with pytest.raises(InvalidData):
        imported(storage, NEW, strict=True)
    assert [s.trigger for s in storage.list_snapshots()] == ["pre-rollback", "pre-mirror"]
