"""Generated histories of hosts, and the plain fold that says what every engine must make of them."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

Event = dict[str, Any]
FIELDS = ["ip_address", "hostname", "comment", "tags", "aliases", "priority"]
NEVER = datetime(9999, 12, 31, tzinfo=UTC)

HOSTILE = [
    "'",
    '"',
    "\\",
    "\n",
    "%",
    "%s",
    ":x",
    "?",
    "$1",
    "{}",
    "é",
    "e\u0301",
    "\u00e9",
    "😀",
    "\u202e",
    "\ufeff",
]
HOSTILE += [
    "\t",
    "\r\n",
    " ",
    "--",
    "/*",
    "NULL",
    "null",
    "\\u0041",
    "\x7f",
    "\uffff",
    "\U0010ffff",
    "𝕏",
    "ß",
    "İ",
]
any_text = st.lists(
    st.sampled_from(HOSTILE) | st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5
).map("".join)
full_text = any_text.filter(bool)
lists = st.tuples(st.lists(any_text, max_size=3), st.booleans()).map(
    lambda drawn: json.dumps(drawn[0], ensure_ascii=drawn[1])
)
objects = st.dictionaries(any_text, any_text | st.none() | st.integers(-9, 9), max_size=2).map(json.dumps)
_DAY = datetime(2026, 1, 31, tzinfo=UTC)
# Few, so that they are often equal and in no order; microseconds beside whole seconds, an old and a late one.
times = st.sampled_from(
    [_DAY, _DAY + timedelta(microseconds=1), _DAY - timedelta(microseconds=1), _DAY + timedelta(seconds=1)]
    + [datetime(1970, 1, 1, tzinfo=UTC), datetime(9998, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)]
) | st.datetimes(datetime(1970, 1, 1), datetime(9000, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001

_ULID_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def ulid(number: int) -> str:
    """Return a number below 2**128 as a ULID."""
    return "".join(_ULID_DIGITS[number >> 5 * place & 31] for place in reversed(range(26)))


@dataclass
class Live:
    """What a generated host has come to."""

    version: int
    ip: str
    name: str


@dataclass
class History:
    """Events in the order of their insertion; every statement of them is legal."""

    events: list[Event] = field(default_factory=list)
    live: dict[str, Live] = field(default_factory=dict)

    def add(self, draw: st.DrawFn, aggregate_id: str, event_type: str, **columns: Any) -> None:
        """Append an event with times and a version drawn."""
        before = self.live.get(aggregate_id)
        least = before.version + 1 if before else 0
        number = draw(st.integers(least, least + 2**64) | st.just(least))
        event: Event = dict.fromkeys(FIELDS)
        event |= {"event_id": f"e{len(self.events)}" + draw(any_text), "aggregate_id": aggregate_id}
        event |= {"event_type": event_type, "event_version": ulid(number), "metadata": draw(objects)}
        event |= {"event_timestamp": draw(times), "created_at": draw(times)}
        event |= {"created_by": draw(st.none() | any_text)}
        event["expected_version"] = ulid(before.version) if before else None
        self.events.append(event | columns)
        now = {"ip": columns.get("ip_address"), "name": columns.get("hostname")}
        old = {"ip": before.ip, "name": before.name} if before else {}
        self.live[aggregate_id] = Live(number, **old | {key: value for key, value in now.items() if value})

    def taken(self, ip: str, name: str) -> bool:
        """Whether a live host has the pair."""
        return any((host.ip, host.name) == (ip, name) for host in self.live.values())


_TYPES = {
    "comment": "CommentUpdated",
    "tags": "TagsModified",
    "aliases": "AliasesModified",
    "priority": "PriorityChanged",
}


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    """Up to nine events of up to four hosts, interleaved."""
    history = History()
    for _ in range(draw(st.integers(1, 9))):
        kind = draw(st.sampled_from([*_TYPES, "ip", "name", "delete", "new", "new"]))
        if kind == "new" or not history.live:
            _create(draw, history)
        else:
            _change(draw, history, draw(st.sampled_from(sorted(history.live))), kind)
    return history.events


def _create(draw: st.DrawFn, history: History) -> None:
    ip, name = draw(full_text), draw(full_text)
    if len(history.events) < 7 and not history.taken(ip, name):
        aggregate_id = f"{len(history.events)}{draw(any_text)}"
        columns = {column: draw(st.none() | _values(column)) for column in _TYPES}
        history.add(draw, aggregate_id, "HostCreated", ip_address=ip, hostname=name, **columns)


def _change(draw: st.DrawFn, history: History, host: str, kind: str) -> None:
    now = history.live[host]
    if kind == "delete":
        history.add(draw, host, "HostDeleted", ip_address=now.ip, hostname=now.name)
        del history.live[host]
    elif kind in ("ip", "name"):
        ip, name = (draw(full_text), now.name) if kind == "ip" else (now.ip, draw(full_text))
        if (ip, name) == (now.ip, now.name) or not history.taken(ip, name):
            event_type = "IpAddressChanged" if kind == "ip" else "HostnameChanged"
            columns = {"ip_address": ip} if kind == "ip" else {"hostname": name}
            history.add(draw, host, event_type, **columns)
    else:
        history.add(draw, host, _TYPES[kind], **{kind: draw(_values(kind))})


def _values(column: str) -> st.SearchStrategy[Any]:
    if column == "priority":
        return st.integers(-2, 2) | st.integers(-(2**31), 2**31 - 1)
    return any_text if column == "comment" else lists


def fold(events: Iterable[Event], moment: datetime = NEVER) -> list[tuple[Any, ...]]:
    """The hosts that lived at a moment, as host_entries has them, by their ids.

    In the place of first_position is the event_id of the HostCreated.
    """
    hosts: dict[str, list[Event]] = {}
    for event in events:
        if event["created_at"] <= moment:
            hosts.setdefault(event["aggregate_id"], []).append(event)
    entries = []
    for host in sorted(hosts, key=str.encode):
        chain = sorted(hosts[host], key=lambda event: event["event_version"])
        first, last = chain[0], chain[-1]
        if first["event_type"] != "HostCreated" or last["event_type"] == "HostDeleted":
            continue
        now: dict[str, Any] = {}
        for event in chain:
            now |= {name: event[name] for name in FIELDS if event[name] is not None}
        values = [now["ip_address"], now["hostname"], now.get("comment") or None]
        values += [now.get("tags", "[]"), now.get("aliases", "[]"), now.get("priority", 0)]
        values += [first["event_timestamp"], last["created_at"], last["event_version"], first["event_id"]]
        entries.append((host, *values))
    return entries
