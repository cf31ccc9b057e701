"""What the constraints of the schema demand, in a sentence. Each engine reports a violation in other words."""

from __future__ import annotations

_NO_NUL = "a text must not contain NUL (U+0000)"
_UTF8 = "a text must be UTF-8"
_TIME = "must be from 1970-01-01 to 9999-12-30, in UTC"
_SHORT = "at most 1,000 bytes of UTF-8"
_REPLICA = (
    "this database is a copy of another one, which replica_of names: use that one, or run DELETE FROM replica_of here "
    "to make this database independent"
)

RULES = {
    "host_events_not_empty": "event_id, aggregate_id, ip_address and hostname must not be empty",
    "host_events_no_nul": _NO_NUL,
    "host_events_text": _UTF8,
    "host_events_size": (
        "event_id, aggregate_id, ip_address, hostname, created_by, each tag, each alias and the reason must have "
        f"{_SHORT}; comment, tags, aliases and metadata at most 65,536; priority must have 32 bits"
    ),
    "host_events_json": (
        "tags and aliases must be JSON arrays of strings; metadata must be a JSON object, and its previous values must "
        "have the types of their columns"
    ),
    "host_events_time": (
        f"event_timestamp must be from 0001-01-02 to 9999-12-30, in UTC, and created_at {_TIME}"
    ),
    "host_events_columns": "each event type sets its columns, and no others",
    "host_events_version_is_ulid": "event_version must be a ULID",
    "host_events_version_grows": "event_version must be greater than expected_version",
    "host_events_first_creates": "HostCreated must have no expected_version, and each other event must have one",
    "host_events_replica": _REPLICA,
    "snapshots_replica": _REPLICA,
    "snapshots_not_empty": "snapshot_id and trigger must not be empty",
    "snapshots_no_nul": _NO_NUL,
    "snapshots_text": _UTF8,
    "snapshots_size": f"snapshot_id, trigger and name must have {_SHORT}",
    "snapshots_time": f"created_at {_TIME}",
    "snapshots_entry_count": "entry_count must not be negative",
    "consumers_not_empty": "the name of a consumer must not be empty",
    "consumers_no_nul": _NO_NUL,
    "consumers_text": _UTF8,
    "consumers_size": f"the name of a consumer must have {_SHORT}",
    "consumers_position": "the position of a consumer must be -1 or greater",
    "consumers_time": f"updated_at {_TIME}",
    "erasures_not_empty": "aggregate_id and reason must not be empty",
    "erasures_no_nul": _NO_NUL,
    "erasures_text": _UTF8,
    "erasures_size": f"aggregate_id, erased_by and reason must have {_SHORT}",
    "erasures_time": f"erased_at {_TIME}",
    "replica_of_not_empty": "origin must not be empty",
    "replica_of_no_nul": _NO_NUL,
    "replica_of_text": _UTF8,
    "replica_of_size": f"origin must have {_SHORT}",
    "replica_of_time": f"since {_TIME}",
}


def describe(constraint: str, message: str) -> str:
    """Return the rule of a constraint and its name; the engine's message if the rule is not listed."""
    rule = RULES.get(constraint)
    return message if rule is None else f"{rule} ({constraint})"
