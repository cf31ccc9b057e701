"""What a follower of the log sees on a standby."""

import random
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

from hostsdb import Storage
from tests.conformance.calling import Open
from tests.replicas.pair import Pair
from tests.schema.raw import Raw, changed, created
from tests.schema.test_positions import begin
from tests.support.postgres_standby import ask


class Follower:
    """Follows the standby by position, as an application does."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self.seen: list[tuple[int | None, str | None]] = []

    def read(self) -> list[str | None]:
        """Return the ids of the events that are new."""
        new = self._storage.events_since((self.seen[-1][0] if self.seen else None) or -1)
        self.seen += [(event.position, event.event_id) for event in new]
        return [event.event_id for event in new]


def test_a_follower_of_the_standby_waits_for_open_transactions(opened: Open, pair: Pair) -> None:
    with closing(Raw("postgres", pair.url)) as raw, opened(pair.standby.url, initialize=False) as storage:
        follower = Follower(storage)
        early, lost = raw.connect(), raw.connect()
        for silent in (early, lost):
            raw.run("BEGIN", on=silent)
            # A place in the log before all others, of which the standby hears nothing.
            raw.run("SELECT pg_current_xact_id()", on=silent)
        slow, fast = begin(raw, "slow"), begin(raw, "fast")
        raw.insert_event(on=slow, **changed("slow", "CommentUpdated", 2, comment="x"))
        received = []
        for end, connection in (("COMMIT", fast), ("ROLLBACK", lost), ("COMMIT", slow)):
            raw.run(end, on=connection)
            pair.standby.catch_up()
            received += follower.read()
        assert received == []
        assert (
            len(ask(pair.standby.url, "SELECT 1 FROM host_events")) == 3
        )  # they are there, and still hidden
        raw.insert_event(on=early, **created("early"))
        raw.run("COMMIT", on=early)
        pair.standby.catch_up()
        assert follower.read() == ["early-1", "slow-1", "slow-2", "fast-1"]
        assert follower.read() == []


def test_a_follower_of_the_standby_misses_and_doubles_nothing(opened: Open, pair: Pair) -> None:
    with closing(Raw("postgres", pair.url)) as raw, opened(pair.standby.url, initialize=False) as storage:
        follower, batches = Follower(storage), 0
        with ThreadPoolExecutor(4) as pool:
            writers = [pool.submit(write, raw, number) for number in range(4)]
            while not all(writer.done() for writer in writers):
                batches += bool(follower.read())
            for writer in writers:
                writer.result()
        assert batches > 10  # it did follow, and not only read what was there in the end
        pair.standby.catch_up()
        follower.read()
        assert follower.seen == raw.rows("host_events", "position, event_id")
        assert len(follower.seen) > 200


def write(raw: Raw, writer: int) -> None:
    """Write in transactions that stay open for a while, some of them for nothing."""
    connection, chance = raw.connect(), random.Random(writer)
    for number in range(60):
        raw.run("BEGIN", on=connection)
        for step in range(chance.randrange(1, 5)):
            raw.insert_event(on=connection, **created(f"w{writer}-{number}-{step}"))
            time.sleep(chance.random() / 100)
        raw.run(chance.choice(["COMMIT", "COMMIT", "ROLLBACK"]), on=connection)
