"""state_token and watch_state: whether the hosts have changed."""

from concurrent.futures import ThreadPoolExecutor

import pytest

import hostsdb
from hostsdb import InvalidData, Storage


def test_the_token_changes_with_each_change_of_the_hosts_and_with_nothing_else(storage: Storage) -> None:
    tokens = [storage.state_token()]
    host = storage.add_host("10.0.0.1", "a")
    tokens.append(storage.state_token(tokens[-1]))
    storage.update_host(host.id, comment="c")
    tokens.append(storage.state_token(tokens[-1]))
    with storage.consuming("c"):
        pass
    storage.create_snapshot()
    storage.update_host(host.id, comment="c")
    assert storage.state_token(tokens[-1]) == tokens[-1]
    storage.delete_host(host.id)
    tokens.append(storage.state_token(tokens[-1]))
    assert len(set(tokens)) == 4


def test_watch_state_yields_the_current_state_and_then_the_changes(storage: Storage, url: str) -> None:
    first, *more = list(storage.watch_state(timeout=0))
    assert more == []
    assert list(storage.watch_state(first, timeout=0)) == []
    storage.add_host("10.0.0.1", "a")
    storage.add_host("10.0.0.1", "b")
    (second,) = list(storage.watch_state(first, timeout=0))
    assert list(storage.watch_state(second, timeout=0.2)) == []

    def add() -> None:
        with hostsdb.connect(url, initialize=False) as other:
            other.add_host("10.0.0.1", "c")

    with ThreadPoolExecutor(1) as pool:
        states = iter(storage.watch_state(second, timeout=10))
        pool.submit(add)
        assert next(states) not in (first, second)


@pytest.mark.parametrize("token", ["", "x", "[]", "[1, 2]", '{"a": 1}', "[1, 2, 3, 4, 5]", "3"])
def test_another_text_is_no_token(storage: Storage, token: str) -> None:
    with pytest.raises(InvalidData, match="token"):
        storage.state_token(token)


def test_the_last_change_is_the_time_of_the_latest_event(storage: Storage) -> None:
    assert storage.last_change() is None
    host = storage.add_host("10.0.0.1", "a")
    assert storage.last_change() == host.created_at
    storage.delete_host(host.id)
    assert storage.last_change() == storage.load_events(host.id)[-1].created_at
