"""The PostgreSQL server killed again and again under its writers: they go on by themselves when it is back."""

import random
import time
from itertools import pairwise

import pytest

import hostsdb
from tests.faults.soundness import assert_sound, await_more_events
from tests.faults.test_failover import SECONDS_TO_GO_ON, assert_stored
from tests.support.failover import WRITERS, Writers
from tests.support.postgres_process import postgres_process

pytestmark = pytest.mark.faults

ROUNDS = 10


def test_writers_go_on_after_each_kill() -> None:
    with postgres_process(fsync=True) as server:
        hostsdb.connect(server.url).close()
        # Between two kills the server is up for a moment only, and on a busy disk each recovery takes seconds.
        writers = Writers(f"{server.url}?acquire_timeout=120")
        back_at = []
        for _ in range(ROUNDS):
            await_more_events(server.url)
            time.sleep(random.uniform(0, 0.5))
            server.kill()
            server.start()
            back_at.append(time.monotonic())
        time.sleep(SECONDS_TO_GO_ON)
        calls = writers.stop()
        for began, ended in pairwise(back_at):
            assert any(began < call.ended < ended for call in calls)
        assert len({call.writer for call in calls if call.began > back_at[-1]}) == WRITERS
        # No call failed: each found the server within `acquire_timeout`.
        assert_stored(server.url, calls)
        assert_sound(server.url)
