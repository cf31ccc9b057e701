"""A writer killed at any moment: what was acknowledged is there, once, and the call under way wholly or not at all."""

import random
import time
from collections import defaultdict

import pytest

import hostsdb
from tests.faults.soundness import EVENTS, assert_sound, rows
from tests.faults.writing import kill_a_writer
from tests.test_pool import CONNECTIONS

pytestmark = pytest.mark.faults

ROUNDS = 50


@pytest.mark.parametrize("engine", ["postgres", "duckdb", "sqlite"])
def test_killed_at_any_moment(engine: str, request: pytest.FixtureRequest) -> None:
    url: str = request.getfixturevalue(f"{engine}_url")
    hostsdb.connect(url).close()
    chance = random.Random(engine)
    acknowledged: dict[str, list[str]] = {}
    versions: set[tuple[str, str]] = set()
    cut_short = done_unheard = 0
    for number in range(ROUNDS):
        account = kill_a_writer(url, f"w{number}", chance)
        if engine == "postgres":
            await_the_end_of_sessions(url)
        acknowledged |= account.acknowledged
        versions |= account.versions
        stored = stored_by_call(url)
        for token, events in account.under_way.items():
            cut_short += token not in stored
            done_unheard += token in stored
            if token in stored:
                acknowledged[token] = events
        assert stored == acknowledged
        assert_sound(url)
    assert versions <= {(host, version) for _, _, host, version in rows(url, EVENTS)}
    print(
        f"{len(acknowledged)} calls; of those under way {cut_short} left nothing, {done_unheard} were stored"
    )
    # Enough kills have met a call under way; on SQLite about half of a fast writer's time is spent between two calls.
    assert len(acknowledged) > 10 and cut_short + done_unheard > ROUNDS / 10
    with hostsdb.connect(url) as storage:
        assert storage.verify() == []
        storage.add_host("10.0.0.9", "after")


def stored_by_call(url: str) -> dict[str, list[str]]:
    stored: dict[str, list[str]] = defaultdict(list)
    for token, event_type, *_ in rows(url, EVENTS):
        stored[token].append(event_type)
    return dict(stored)


def await_the_end_of_sessions(url: str) -> None:
    deadline = time.monotonic() + 10
    while rows(url, CONNECTIONS) != [(0,)]:
        assert time.monotonic() < deadline
        time.sleep(0.005)
