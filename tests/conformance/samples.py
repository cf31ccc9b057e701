"""What the suite's tests make hosts and texts of."""

from datetime import UTC, datetime

from hostsdb import HostCreated, HostEntry, Storage, StoredEvent

HOSTILE = [
    'it\'s "quoted" `so` $1 :name %(x)s ? {}',
    "100%_\\%\\_\\\\",
    "line\nbreak\r\n\ttab\x01\x1f\x7f",
    "'; DROP TABLE host_events; --",
    "\N{GRINNING FACE}\N{ZERO WIDTH JOINER}\N{WOMAN} e\u0301 \u00e9",
    "\u05e9\u05dc\u05d5\u05dd \u202e\u0645\u0631\u062d\u0628\u0627",
    '{"json": [null, "\\u0041"]}',
    "null",
    " ",
    "\ufeff\ufffd\uffff",
    "\x80\x85\u2028\u2029",
]
BAD = ["nul\0", "\ud800", "half \udfff pair"]

PAST = datetime(2001, 2, 3, 4, 5, 6, 789012, tzinfo=UTC)
FUTURE = datetime(9999, 12, 30, 23, 59, 59, tzinfo=UTC)

# Above every version that this century gives.
LATE = "7" + "Z" * 24 + "0"


def created(number: int = 1, name: str = "") -> HostCreated:
    """A host's first event, with a pair of its own for each number."""
    return HostCreated(f"10.0.0.{number}", name or f"host{number}.lan")


def new_host(storage: Storage, number: int = 1, **fields: object) -> HostEntry:
    """Add a host; a pair of its own for each number."""
    return storage.add_host(f"10.0.0.{number}", f"host{number}.lan", **fields)  # type: ignore[arg-type]


def whole_log(storage: Storage) -> list[StoredEvent]:
    """Every event, in the log's order."""
    return storage.events_since(-1, limit=1_000_000)


def in_log_order(events: list[StoredEvent]) -> list[StoredEvent]:
    """Events in the order of their positions. On DuckDB a statement inserts one event of each host of a batch."""
    return sorted(events, key=lambda event: event.position)


def pairs(entries: list[HostEntry]) -> list[tuple[str, str]]:
    """The pairs of address and hostname, which identify live hosts."""
    return [(entry.ip_address, entry.hostname) for entry in entries]
