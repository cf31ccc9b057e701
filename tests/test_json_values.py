"""Events and hosts as JSON come back as they were."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hostsdb
from hostsdb import EventEnvelope, HostCreated, HostEntry, HostEvent, InvalidData, StoredEvent, UnknownEvent

texts = st.text(max_size=5)
lists = st.lists(texts, max_size=3).map(tuple)
zones = st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30))])
times = st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=zones)  # noqa: DTZ001
optional = st.none() | texts
FIELDS: dict[str, Any] = {
    "columns": st.dictionaries(texts, optional, max_size=3),
    "priority": st.integers(),
    "first_position": st.just(0),
    **dict.fromkeys(("tags", "aliases", "old_tags", "new_tags", "old_aliases", "new_aliases"), lists),
    **dict.fromkeys(("new_priority", "old_priority", "position"), st.integers(-(2**63), 2**63 - 1)),
    **dict.fromkeys(("created_at", "updated_at", "event_timestamp"), times),
    **dict.fromkeys(("old_comment", "new_comment", "comment", "created_by", "expected_version"), optional),
}
FIELDS["priority"] = FIELDS["position"]


def built(kind: type) -> st.SearchStrategy[Any]:
    return st.builds(kind, **{name: FIELDS.get(name, texts) for name in kind.__slots__})  # type: ignore[attr-defined]


FIELDS["event"] = st.one_of([built(kind) for kind in get_args(HostEvent)])
VALUES = st.one_of([FIELDS["event"], built(EventEnvelope), built(StoredEvent), built(HostEntry)])


@given(VALUES)
def test_a_value_comes_back_from_json(value: Any) -> None:
    again = hostsdb.from_json(hostsdb.to_json(value))
    assert again == value and type(again) is type(value)


def test_the_object_has_the_fields_and_the_type() -> None:
    text = hostsdb.to_json(EventEnvelope(HostCreated("10.0.0.1", "nas", tags=("a",)), created_at=None))
    assert text.startswith(
        '{"type": "EventEnvelope", "event": {"type": "HostCreated", "ip_address": "10.0.0.1", '
    )
    assert '"tags": ["a"]' in text
    assert hostsdb.from_json(hostsdb.to_json(UnknownEvent({"a": None}, "x"))) == UnknownEvent(
        {"a": None}, "x"
    )


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "5", "null", "[]", "{}", '{"type": "Storage"}', '{"type": "HostCreated"}', "[" * 100_000),
        '{"type": "HostCreated", "ip_address": 5, "hostname": "a"}',
        '{"type": "HostCreated", "ip_address": "a", "hostname": "a", "other": 1}',
        '{"type": "EventEnvelope", "event": null}',
        '{"type": "EventEnvelope", "event": {"type": "EventEnvelope", "event": null}}',
        '{"type": "EventEnvelope", "event": {"type": "HostDeleted", "ip_address": "a", "hostname": "b"},'
        ' "created_at": "yesterday"}',
        '{"type": ["HostCreated"]}',
    ],
)
def test_other_json_is_refused(text: str) -> None:
    with pytest.raises(InvalidData, match="not a JSON object of an event or a host"):
        hostsdb.from_json(text)


def test_other_values_are_refused() -> None:
    for value in (None, 5, hostsdb.HostFilter()):
        with pytest.raises(TypeError, match="value must be"):
            hostsdb.to_json(value)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="text must be str, not None"):
        hostsdb.from_json(None)  # type: ignore[arg-type]
