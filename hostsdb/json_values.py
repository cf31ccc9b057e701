"""Events and hosts as JSON, and back."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Any, get_args

from hostsdb.arguments import check
from hostsdb.errors import InvalidData, escaped
from hostsdb.model import EventEnvelope, HostEntry, HostEvent, StoredEvent

Value = HostEvent | EventEnvelope | StoredEvent | HostEntry

_CLASSES: dict[str, Callable[..., Value]] = {kind.__name__: kind for kind in get_args(Value)}
_TIMES = {"created_at", "updated_at", "event_timestamp"}
_LISTS = {"tags", "aliases", "old_tags", "new_tags", "old_aliases", "new_aliases"}


def to_json(value: Value) -> str:
    """Return an event or a host as a JSON object.

    Its key `type` is the name of the class; the others are the fields. Times are ISO 8601, with the time zone.

    Arguments:
        value: an event, an EventEnvelope, a StoredEvent or a HostEntry.
    Raises:
        TypeError: it is another value.
    """
    return json.dumps(_object(check(value, Value, "value")), ensure_ascii=False)


def from_json(text: str) -> Value:
    """Return the event or the host of a JSON object that to_json wrote.

    Raises:
        TypeError: text is not a str.
        InvalidData: it is not such an object.
    """
    check(text, str, "text")
    try:
        return _value(json.loads(text))
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidData(f"not a JSON object of an event or a host: {escaped(str(error))}") from error


def _object(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if not is_dataclass(value):
        return value
    found = {field.name: _object(getattr(value, field.name)) for field in fields(value)}
    return {"type": type(value).__name__} | found


def _value(found: Any) -> Value:
    if not isinstance(found, dict) or found.get("type") not in _CLASSES:
        raise ValueError(f"its type must be one of {', '.join(_CLASSES)}")
    named = {name: _field(name, value) for name, value in found.items() if name != "type"}
    value: Value = check(_CLASSES[found["type"]](**named), Value, found["type"])
    return value


def _field(name: str, value: Any) -> Any:
    if name in _TIMES and isinstance(value, str):
        return datetime.fromisoformat(value)
    if name in _LISTS and isinstance(value, list):
        return tuple(value)
    return _value(value) if name == "event" else value
