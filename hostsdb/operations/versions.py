"""Versions by the database's clock. A version may be at most one day ahead of it, or just above its predecessor."""

from __future__ import annotations

from typing import Any

from hostsdb.operations.steps import Operation, run
from hostsdb.ulids import next_version

# The constraint that refuses a version ahead of the database's clock.
VERSION_TIME = "host_events_version_time"


def database_time() -> Operation[int]:
    """Return the time of the database's clock, in milliseconds since 1970."""
    ((milliseconds,),) = yield from run("database_time")
    return int(milliseconds)


def use_database_time(events: list[dict[str, Any]]) -> Operation[bool]:
    """Choose the versions of events again, by the database's clock. A version that the caller gave stays.

    Arguments:
        events: the columns of the events, as prepare yields them. They are changed in place.
    Returns:
        whether a version was chosen.
    """
    milliseconds = yield from database_time()
    chosen: dict[tuple[str, str], str] = {}
    for event in events:
        host, version, expected = event["aggregate_id"], event["event_version"], event["expected_version"]
        if not event["expected_given"]:
            event["expected_version"] = expected = chosen.get((host, expected), expected)
        if not event["version_given"]:
            event["event_version"] = chosen[host, version] = next_version(expected, milliseconds)
    return bool(chosen)
