"""After the end of the log was erased, the end stays where it was: positions are not used again."""

import hostsdb
from hostsdb import Storage
from tests.conformance.samples import new_host
from tests.verifying.damage import raw

ERASE = [
    "INSERT INTO erasures (aggregate_id, reason) VALUES ('gone', 'asked for')",
    "INSERT INTO erased_events (position, event_id, leaf)"
    " SELECT position, event_id, '" + "0" * 64 + "' FROM host_events WHERE aggregate_id = 'gone'",
    "DELETE FROM host_events WHERE aggregate_id = 'gone'",
]


def test_the_end_of_the_log_does_not_go_back(storage: Storage, url: str) -> None:
    kept = new_host(storage)
    gone = hostsdb.HostCreated("10.0.0.9", "gone.lan")
    end = storage.append_events("gone", [gone, hostsdb.HostDeleted("10.0.0.9", "gone.lan")])[-1].position
    with raw(url.partition("?")[0]) as connection:
        for statement in ERASE:
            connection.execute(statement)
    assert storage.load_events("gone") == []
    assert storage.log_end() == end
    assert storage.create_snapshot().event_log_position == end
    assert storage.list_all(read_after=end) == [kept]
    later = new_host(storage, 2)
    assert later.first_position > (end or 0)
    assert storage.log_end() == later.first_position
