"""The arguments of public functions, checked against their annotations before anything runs."""

from __future__ import annotations

import inspect
import math
import types
from collections import abc
from collections.abc import Callable, Iterator, Mapping
from dataclasses import is_dataclass
from functools import cache, cached_property
from typing import Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

from hostsdb.errors import InvalidData

_BITS = 63
# The name of a value, for a message: a text, or the name of what holds the value and the place in it. Most are never
# read, so the text is made for an error only.
_Name = str | tuple["_Name", str | int]


class _Type(NamedTuple):
    """The check of a value.

    Attributes:
        words: the type, for a message.
        accepts: says whether a value has the type, without its items and fields.
        convert: called with an accepted value and its name. It checks items and fields, and returns the value to use.
            None: it returns the value.
        exact: a type whose values need no check; None: each value is checked.
    """

    words: str
    accepts: Callable[[Any], bool]
    convert: Callable[[Any, _Name], Any] | None = None
    exact: type | None = None

    def checked(self, value: Any, name: _Name) -> Any:
        if self.accepts(value):
            return value if self.convert is None else self.convert(value, name)
        given = "None" if value is None else type(value).__name__
        raise TypeError(f"{_words(name)} must be {self.words}, not {given}")


def _words(name: _Name) -> str:
    if isinstance(name, str):
        return name
    whole, place = name
    return f"{_words(whole)}.{place}" if isinstance(place, str) else f"{_words(whole)}[{place}]"


class Arguments:
    """The checks of a function's arguments.

    Arguments:
        function: an annotated function.
        streams: its iterables are read once, while it runs. Otherwise they become lists, so that a retry gets the
            same items.
    """

    def __init__(self, function: Callable[..., Any], *, streams: bool = False) -> None:
        self._function = function
        self._streams = streams

    @cached_property  # resolving annotations is slow, and most programs call few methods
    def _types(self) -> dict[str, _Type]:
        hints = get_type_hints(inspect.unwrap(self._function))
        names = inspect.signature(self._function).parameters
        return {name: _type_of(hints.get(name, Any), self._streams) for name in names}

    def checked(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
        """Return the arguments of a call.

        Raises:
            TypeError: an argument has a wrong type.
            InvalidData: an argument has a wrong value.
        """
        kinds = self._types
        given = [
            value if type(value) is kind.exact else kind.checked(value, name)
            for (name, kind), value in zip(kinds.items(), args, strict=False)
        ]
        # The call itself raises a TypeError for an unknown or missing argument.
        given += args[len(given) :]
        if not kwargs:
            return given, {}
        named = {name: kinds[name].checked(v, name) if name in kinds else v for name, v in kwargs.items()}
        return given, named


def check(value: Any, hint: Any, name: str) -> Any:
    """Return a value of an annotated type, checked as an argument with this name.

    Raises:
        TypeError, InvalidData: as Arguments.checked.
    """
    return _type_of(hint).checked(value, name)


@cache
def _type_of(hint: Any, streams: bool = False) -> _Type:
    origin, parts = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return _union([_type_of(part, streams) for part in parts])
    if origin is Literal:
        return _literal(parts)
    if origin is tuple and parts[-1] is not ...:
        return _tuple([_type_of(part) for part in parts])
    if origin is tuple:
        return _items(_type_of(parts[0]), abc.Collection, "a sequence")
    if origin is abc.Iterable:
        return (
            _stream(_type_of(parts[0]))
            if streams
            else _items(_type_of(parts[0]), abc.Iterable, "an iterable")
        )
    if origin is abc.Callable:
        return _Type("a function", callable)
    if hint is not Any and isinstance(kind := origin or hint, type):
        return _NUMBERS.get(kind) or _class(kind)
    return _Type("anything", lambda value: True)


def _class(kind: type) -> _Type:
    def fields(value: Any, name: _Name) -> Any:
        for field, of in hints:
            of.checked(getattr(value, field), (name, field))
        return value

    words, accepts = kind.__name__, lambda value: isinstance(value, kind)
    if kind is types.NoneType:
        return _Type("None", accepts)
    if not is_dataclass(kind):
        return _Type(words, accepts, exact=kind)
    hints = [(field, _type_of(hint)) for field, hint in get_type_hints(kind).items()]
    return _Type(words, accepts, fields)


def _union(members: list[_Type]) -> _Type:
    found: dict[type, _Type | None] = {}

    def member(value: Any) -> _Type | None:
        kind = type(value)
        if kind not in found:
            found[kind] = next((m for m in members if m.accepts(value)), None)
        return found[kind]

    def convert(value: Any, name: _Name) -> Any:
        of = member(value)
        return value if of is None or of.convert is None else of.convert(value, name)

    is_plain = all(m.convert is None for m in members)
    words = [m.words for m in members]
    words = [*(w for w in words if w != "None"), *(w for w in words if w == "None")]
    return _Type(
        " or ".join(dict.fromkeys(words)),
        lambda value: member(value) is not None,
        None if is_plain else convert,
    )


def _literal(values: tuple[str, ...]) -> _Type:
    def convert(value: Any, name: _Name) -> Any:
        if value not in values:
            raise InvalidData(f"{_words(name)} must be one of {', '.join(values)}, not {value[:60]!r}")
        return value

    return _Type("str", lambda value: isinstance(value, str), convert)


def _tuple(parts: list[_Type]) -> _Type:
    def convert(value: Any, name: _Name) -> Any:
        if len(value) != len(parts):
            raise TypeError(f"{_words(name)} must have {len(parts)} items, not {len(value)}")
        return tuple(
            part.checked(item, (name, place))
            for place, (part, item) in enumerate(zip(parts, value, strict=True))
        )

    return _Type("tuple", lambda value: isinstance(value, tuple | list), convert)


def _items(item: _Type, kind: type, words: str) -> _Type:
    def convert(value: Any, name: _Name) -> Any:
        return [item.checked(found, (name, place)) for place, found in enumerate(value)]

    return _Type(f"{words} of {item.words}", lambda value: _is_iterable(value, kind), convert)


def _stream(item: _Type) -> _Type:
    def convert(value: Any, name: _Name) -> Iterator[Any]:
        return (item.checked(found, (name, place)) for place, found in enumerate(value))

    return _Type(f"an iterable of {item.words}", lambda value: _is_iterable(value, abc.Iterable), convert)


def _is_iterable(value: Any, kind: type) -> bool:
    return isinstance(value, kind) and not isinstance(value, str | bytes | bytearray | Mapping)


def _integer(value: Any, name: _Name) -> Any:
    if not -(2**_BITS) <= value < 2**_BITS:
        raise InvalidData(f"{_words(name)} must be an integer of 64 bits")
    return value


def _number(value: Any, name: _Name) -> Any:
    if math.isnan(value):
        raise InvalidData(f"{_words(name)} must be a number, not NaN")
    return value


# A bool is an int for Python, but not for a caller.
_NUMBERS: dict[type, _Type] = {
    int: _Type("int", lambda value: isinstance(value, int) and not isinstance(value, bool), _integer),
    float: _Type(
        "float", lambda value: isinstance(value, int | float) and not isinstance(value, bool), _number
    ),
}
