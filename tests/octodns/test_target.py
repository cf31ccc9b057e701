"""octoDNS writes to hostsdb: what its plans become, and what stays. A second plan never has changes."""

from __future__ import annotations

import pytest
from octodns.provider import SupportsException

from hostsdb import (
    AliasesModified,
    HostCreated,
    HostDeleted,
    HostnameChanged,
    IpAddressChanged,
    QueryFailed,
)
from tests.octodns.conftest import Target, zone_of


def test_new_records_become_hosts(target: Target) -> None:
    zone = zone_of(
        {("nas", "A"): ["10.0.0.1", "10.0.0.2"], ("nas", "AAAA"): ["fd00::1"], ("", "A"): ["10.0.0.3"]}
    )
    events = target.sync(zone, created_by="ci")
    assert events == [
        HostCreated("10.0.0.3", "lan"),
        HostCreated("10.0.0.1", "nas.lan"),
        HostCreated("10.0.0.2", "nas.lan"),
        HostCreated("fd00::1", "nas.lan"),
    ]
    assert {stored.created_by for stored in target.storage.events_since(-1)} == {"ci"}


def test_a_changed_address_is_one_event(target: Target) -> None:
    added = target.storage.add_host("10.0.0.1", "nas.lan", comment="disks", tags=["lan"], priority=-5)
    events = target.sync(zone_of({("nas", "A"): ["10.0.0.9"]}))
    assert events == [IpAddressChanged("10.0.0.1", "10.0.0.9")]
    host = target.storage.get_by_id(added.id)
    assert (host.comment, host.tags, host.priority) == ("disks", ("lan",), -5)


def test_one_of_several_addresses_changes(target: Target) -> None:
    for address in ("10.0.0.1", "10.0.0.2", "fd00::1"):
        target.storage.add_host(address, "nas.lan")
    zone = zone_of({("nas", "A"): ["10.0.0.2", "10.0.0.9"], ("nas", "AAAA"): ["fd00::9"]})
    events = target.sync(zone)
    assert events == [IpAddressChanged("10.0.0.1", "10.0.0.9"), IpAddressChanged("fd00::1", "fd00::9")]


def test_a_removed_record_deletes_the_host_with_its_short_names(target: Target) -> None:
    target.storage.add_host("10.0.0.1", "nas.lan", aliases=["nas"])
    target.storage.add_host("10.0.0.2", "pi.lan")
    assert target.sync(zone_of({("pi", "A"): ["10.0.0.2"]})) == [HostDeleted("10.0.0.1", "nas.lan")]


def test_a_removed_record_of_an_alias_removes_the_alias(target: Target) -> None:
    target.storage.add_host("10.0.0.1", "nas.lan", aliases=["files.lan", "nas"])
    events = target.sync(zone_of({("nas", "A"): ["10.0.0.1"]}))
    assert events == [AliasesModified(("files.lan", "nas"), ("nas",))]


def test_a_host_whose_hostname_is_removed_keeps_its_other_names(target: Target) -> None:
    target.storage.add_host("10.0.0.1", "nas.lan", aliases=["files.lan", "nas"])
    events = target.sync(zone_of({("files", "A"): ["10.0.0.1"]}))
    assert events == [
        HostnameChanged("nas.lan", "files.lan"),
        AliasesModified(("files.lan", "nas"), ("nas",)),
    ]


def test_aliases_move_with_the_hostname(target: Target) -> None:
    target.storage.add_host("10.0.0.1", "nas.lan", aliases=["files.lan", "nas"])
    events = target.sync(zone_of({("nas", "A"): ["10.0.0.9"], ("files", "A"): ["10.0.0.9"]}))
    assert events == [IpAddressChanged("10.0.0.1", "10.0.0.9")]


def test_an_alias_that_does_not_move_becomes_a_host(target: Target) -> None:
    target.storage.add_host("10.0.0.1", "nas.lan", aliases=["files.lan"], comment="disks", tags=["lan"])
    events = target.sync(zone_of({("nas", "A"): ["10.0.0.9"], ("files", "A"): ["10.0.0.1"]}))
    assert events == [
        IpAddressChanged("10.0.0.1", "10.0.0.9"),
        AliasesModified(("files.lan",), ()),
        HostCreated("10.0.0.1", "files.lan", "disks", ("lan",)),
    ]


def test_names_of_other_zones_keep_their_addresses(target: Target) -> None:
    target.storage.add_host("10.0.0.1", "nas.lan", aliases=["www.example.org", "a.sub.lan"])
    target.storage.add_host("10.0.0.2", "pi.lan", aliases=["example.com"])
    target.storage.add_host("10.0.0.3", "else.example.net")
    target.sync(zone_of({("nas", "A"): ["10.0.0.9"]}, sub_zones=("sub",)))
    assert target.hosts() == [
        ("10.0.0.1", "www.example.org", "a.sub.lan"),
        ("10.0.0.2", "example.com"),
        ("10.0.0.3", "else.example.net"),
        ("10.0.0.9", "nas.lan"),
    ]


def test_a_record_of_two_hosts_is_removed_from_both(sqlite_target: Target) -> None:
    sqlite_target.storage.add_host("10.0.0.1", "nas.lan")
    sqlite_target.storage.add_host("10.0.0.1", "box.lan", aliases=["nas.lan"])
    sqlite_target.sync(zone_of({("box", "A"): ["10.0.0.1"]}))
    assert sqlite_target.hosts() == [("10.0.0.1", "box.lan")]


def test_the_ttl_of_the_source_is_no_change(sqlite_target: Target) -> None:
    sqlite_target.sync(zone_of({("nas", "A"): ["10.0.0.1"]}, ttl=60))
    assert sqlite_target.provider(ttl=5).plan(zone_of({("nas", "A"): ["10.0.0.1"]})) is None


def test_international_names(sqlite_target: Target) -> None:
    sqlite_target.sync(zone_of({("bücher", "A"): ["10.0.0.1"]}, "münchen."))
    assert sqlite_target.hosts() == [("10.0.0.1", "xn--bcher-kva.xn--mnchen-3ya")]


def test_other_forms_of_an_address_are_no_change(sqlite_target: Target) -> None:
    sqlite_target.sync(zone_of({("a", "AAAA"): ["FD00:0::1", "::ffff:10.0.0.1"]}))
    assert sqlite_target.hosts() == [("::ffff:10.0.0.1", "a.lan"), ("fd00::1", "a.lan")]


@pytest.mark.parametrize(
    ("record", "message"),
    [
        (("nas", "CNAME"), "CNAME records not supported for nas.lan."),
        (("1", "PTR"), "PTR records not supported"),
        (("", "NS"), "NS records not supported for lan."),
        (("*", "A"), '"*.lan." is not a hostname'),
    ],
)
def test_other_records_are_an_error_or_left_out(
    sqlite_target: Target, record: tuple[str, str], message: str
) -> None:
    value = "10.0.0.1" if record[1] == "A" else "pi.lan."
    zone = zone_of({("pi", "A"): ["10.0.0.2"]})
    kind = {"type": record[1], "ttl": 60, "value": value}
    zone.add_record(type(next(iter(zone.records))).new(zone, record[0], kind))
    with pytest.raises(SupportsException, match=message.replace("*", r"\*")):
        sqlite_target.provider().plan(zone)
    assert sqlite_target.hosts() == []
    sqlite_target.sync(zone, strict_supports=False)
    assert sqlite_target.hosts() == [("10.0.0.2", "pi.lan")]


def test_a_plan_that_fails_stores_nothing(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    target.storage.add_host("10.0.0.1", "nas.lan")
    zone = zone_of({("pi", "A"): ["10.0.0.2"]})
    plan = target.provider().plan(zone)
    hosts = target.hosts()
    with monkeypatch.context() as patched:
        patched.setattr("hostsdb.storage.Storage.add_hosts", _fail)
        with pytest.raises(QueryFailed, match="on purpose"):
            target.provider().apply(plan)
    assert target.hosts() == hosts


def _fail(*arguments: object, **options: object) -> None:
    raise QueryFailed("on purpose")


def test_what_others_wrote_since_the_plan_stays(target: Target) -> None:
    first = target.storage.add_host("10.0.0.1", "nas.lan")
    plan = target.provider().plan(zone_of({("nas", "A"): ["10.0.0.9"], ("pi", "A"): ["10.0.0.2"]}))
    target.storage.update_host(first.id, aliases=["files.lan"])
    target.storage.add_host("10.0.0.2", "pi.lan", comment="mine")
    target.storage.add_host("10.0.0.5", "new.lan")
    target.provider().apply(plan)
    assert target.hosts() == [
        ("10.0.0.1", "files.lan"),
        ("10.0.0.2", "pi.lan"),
        ("10.0.0.5", "new.lan"),
        ("10.0.0.9", "nas.lan"),
    ]
