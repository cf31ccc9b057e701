"""Eight processes that change the same hosts in every way at once: losers get the reason, and nothing is half done."""

from collections import Counter

import pytest

import hostsdb
from tests.faults.mixing import ADDRESSES, PROCESSES, mix
from tests.faults.soundness import EVENTS, assert_sound, rows

pytestmark = pytest.mark.faults

# What somebody who was faster makes of a call. A deadlock or a serialisation failure is nobody's fault, and repeated.
EXPECTED = {
    "add": {"DuplicateEntry"},
    "update": {"DuplicateEntry", "ConcurrentWriteConflict", "NotFound"},
    "delete": {"ConcurrentWriteConflict", "NotFound"},
    "restore": set(),
    "import_": {"QueryFailed"},
}


@pytest.mark.parametrize(("engine", "seconds"), [("postgres", 30), ("sqlite", 15)])
def test_everything_at_once(engine: str, seconds: int, request: pytest.FixtureRequest) -> None:
    url: str = request.getfixturevalue(f"{engine}_url")
    snapshots = []
    with hostsdb.connect(url) as storage:
        for number in range(0, ADDRESSES, 4):
            storage.add_host(f"10.0.0.{number}", "h", created_by=f"before {number}")
            snapshots.append(str(storage.create_snapshot().snapshot_id))
    calls = mix(url, snapshots, seconds)
    outcomes = Counter((call.method, (call.error or "done").partition(":")[0]) for call in calls)
    print(f"{len(calls)} calls by {PROCESSES} processes, the longest {max(c.seconds for c in calls):.2f} s")
    print("\n".join(f"{method} {outcome}: {n}" for (method, outcome), n in sorted(outcomes.items())))
    unexpected = [
        call for call in calls if call.error and call.error.partition(":")[0] not in EXPECTED[call.method]
    ]
    assert unexpected == []
    for call in calls:
        if call.error:
            assert call.method != "import_" or "another writer was faster, nothing was imported" in call.error
    assert {method for method, outcome in outcomes if outcome == "done"} == EXPECTED.keys()
    stored = Counter(token for token, *_ in rows(url, EVENTS) if not token.startswith("before"))
    assert stored == Counter({call.token: call.events for call in calls if call.events})
    restored = sum(call.method == "restore" and call.error is None for call in calls)
    made = rows(url, "SELECT count(*) FROM snapshots WHERE name LIKE 'before %'")
    assert made == [(restored,)]
    assert_sound(url)
