"""No two live hosts have the same address and hostname, whichever event would make it so."""

from collections.abc import Sequence

import pytest

from hostsdb import (
    DuplicateEntry,
    EventEnvelope,
    HostCreated,
    HostDeleted,
    HostEvent,
    HostnameChanged,
    IpAddressChanged,
    Storage,
)
from tests.conformance.samples import created, new_host, pairs, whole_log


def refused(
    storage: Storage, ip_address: str, hostname: str, *batch: tuple[str, Sequence[HostEvent], str | None]
) -> None:
    before = whole_log(storage)
    with pytest.raises(DuplicateEntry) as caught:
        storage.append_batch(batch)
    assert (caught.value.ip_address, caught.value.hostname) == (ip_address, hostname)
    assert whole_log(storage) == before


def test_by_adding(storage: Storage) -> None:
    new_host(storage)
    with pytest.raises(DuplicateEntry) as caught:
        new_host(storage, comment="another")
    assert (caught.value.ip_address, caught.value.hostname) == ("10.0.0.1", "host1.lan")
    refused(storage, "10.0.0.1", "host1.lan", ("H2", [created(1)], None))


def test_by_changing_the_address_or_the_name(storage: Storage) -> None:
    storage.append_event("H1", HostCreated("10.0.0.1", "a.lan"))
    by_ip = storage.append_event("H2", HostCreated("10.0.0.2", "a.lan"))
    by_name = storage.append_event("H3", HostCreated("10.0.0.1", "b.lan"))
    pair = ("10.0.0.1", "a.lan")
    refused(storage, *pair, ("H2", [IpAddressChanged("10.0.0.2", "10.0.0.1")], by_ip.event_version))
    refused(storage, *pair, ("H3", [HostnameChanged("b.lan", "a.lan")], by_name.event_version))
    both: list[HostEvent] = [HostnameChanged("a.lan", "c.lan"), IpAddressChanged("10.0.0.2", "10.0.0.1")]
    refused(storage, *pair, ("H2", [*both, HostnameChanged("c.lan", "a.lan")], by_ip.event_version))


def test_within_one_batch(storage: Storage) -> None:
    pair = ("10.0.0.1", "host1.lan")
    refused(storage, *pair, ("H1", [created(1)], None), ("H2", [created(1)], None))
    moves: list[HostEvent] = [
        created(2),
        IpAddressChanged(None, "10.0.0.1"),
        HostnameChanged(None, "host1.lan"),
    ]
    refused(storage, *pair, ("H1", [created(1)], None), ("H2", moves, None))
    refused(storage, *pair, ("H2", moves, None), ("H1", [created(1)], None))


def test_the_pair_that_is_named_is_the_one_that_is_taken(storage: Storage) -> None:
    first, _ = storage.append_event("H1", created(1)), storage.append_event("H2", created(2))
    leaves: list[HostEvent] = [HostDeleted("10.0.0.1", "host1.lan")]
    frees_one = ("H1", leaves, first.event_version)
    refused(
        storage, "10.0.0.2", "host2.lan", frees_one, ("H3", [created(1)], None), ("H4", [created(2)], None)
    )


def test_by_updating(storage: Storage) -> None:
    new_host(storage, 1)
    second = new_host(storage, 2)
    before = whole_log(storage)
    with pytest.raises(DuplicateEntry) as caught:
        storage.update_host(second.id, ip_address="10.0.0.1", hostname="host1.lan")
    assert (caught.value.ip_address, caught.value.hostname) == ("10.0.0.1", "host1.lan")
    assert whole_log(storage) == before


def test_an_update_of_both_passes_a_taken_pair_by(storage: Storage) -> None:
    host = storage.add_host("10.0.0.1", "a.lan")
    storage.add_host("10.0.0.2", "a.lan")
    updated = storage.update_host(host.id, ip_address="10.0.0.2", hostname="b.lan")
    assert (updated.ip_address, updated.hostname) == ("10.0.0.2", "b.lan")
    other = storage.add_host("10.0.0.1", "c.lan")
    storage.add_host("10.0.0.1", "d.lan")
    updated = storage.update_host(other.id, ip_address="10.0.0.3", hostname="d.lan")
    assert (updated.ip_address, updated.hostname) == ("10.0.0.3", "d.lan")


def test_a_pair_is_free_again_when_its_host_has_left(storage: Storage) -> None:
    first = new_host(storage, 1)
    storage.delete_host(first.id)
    second = new_host(storage, 1)
    storage.update_host(second.id, ip_address="10.0.0.2")
    third = new_host(storage, 1)
    storage.update_host(third.id, hostname="other.lan")
    fourth = new_host(storage, 1)
    assert {first.id, second.id, third.id, fourth.id} - {e.id for e in storage.list_all()} == {first.id}


def test_half_of_a_pair_may_be_shared_and_case_counts(storage: Storage) -> None:
    names = [("10.0.0.1", "a"), ("10.0.0.1", "b"), ("10.0.0.2", "a"), ("10.0.0.1", "A"), ("10.0.0.1", "a ")]
    for number, pair in enumerate(names):
        storage.append_event(f"H{number}", EventEnvelope(HostCreated(*pair)))
    assert sorted(pairs(storage.list_all())) == sorted(names)


@pytest.mark.parametrize(
    "text", ['key "event_id: ', "x_deleted: ", "CHECK((event_version > expected_version))", "a\nb"]
)
def test_no_text_is_mistaken_for_the_reason(storage: Storage, text: str) -> None:
    storage.append_event("H1", HostCreated(text, text))
    refused(storage, text, text, ("H2", [HostCreated(text, text)], None))
    refused(storage, f"2{text}", text, *((f"H{n}", [HostCreated(f"2{text}", text)], None) for n in (3, 4)))
