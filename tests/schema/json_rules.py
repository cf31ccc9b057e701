"""I6 for the columns of JSON: what is allowed, decided in Python, and texts to try."""

import json
from typing import Any

from hypothesis import strategies as st

LISTS = ("tags", "aliases")
KEYS_OF_TEXT = ("old_ip", "old_hostname", "old_comment", "reason")
KEYS_OF_LISTS = ("old_tags", "old_aliases")


class _NotAllowedError(ValueError):
    pass


def is_allowed(column: str, text: str) -> bool:
    """Return whether a text is allowed in a column: tags, aliases or metadata."""
    try:
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_refuse)
        text.encode()
        if column in LISTS:
            return _is_list(value)
        return isinstance(value, dict) and all(_is_member(key, value[key]) for key in value)
    except (ValueError, RecursionError):
        return False


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise _NotAllowedError("a repeated key")
    return dict(pairs)


def _refuse(constant: str) -> None:
    raise _NotAllowedError(constant)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and not any(c == "\0" or "\ud800" <= c <= "\udfff" for c in value)


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _is_member(key: str, value: Any) -> bool:
    if not _is_text(key):
        return False
    if value is None:
        return True
    if key in KEYS_OF_TEXT:
        return _is_text(value)
    if key in KEYS_OF_LISTS:
        return _is_list(value)
    if key == "old_priority":
        return type(value) is int and -(2**31) <= value < 2**31
    if isinstance(value, int | float):
        return abs(value) <= 1e308
    return _is_text(value) or _is_list(value)


_spaces = st.sampled_from([""] * 6 + [" ", "\n", "\t\r", "\x0c", "\xa0"])
_pieces = st.sampled_from(
    [
        "a",
        "b",
        "é",
        "😀",
        r"\n",
        r"\"",
        r"\\",
        r"\/",
        r"\u0041",
        r"\u0000",
        r"\ud800",
        r"\udc00",
        r"\ud83d\ude00",
    ]
    + [r"\\u0000", r"\x", r"\u12", "\t", "\x7f", "'", "//"]
)
_strings = st.lists(_pieces, max_size=3).map(lambda pieces: '"' + "".join(pieces) + '"')
_numbers = st.sampled_from(
    [
        "0",
        "-0",
        "1",
        "1.0",
        "1e2",
        "-12.5E-3",
        "1e307",
        "1e309",
        "-1e400",
        "2147483648",
        "-2147483648",
        "9" * 30,
    ]
    + ["01", "1.", ".5", "+1", "0x1", "NaN", "Infinity", "-Infinity", "--1", "1e", "1_0"]
)
_atoms = st.one_of(
    _strings, _numbers, st.sampled_from(["null", "true", "false", "nul", "True", "'a'", "a", ""])
)
_plain = st.sampled_from(['"a"', '"b"', '""', '"é"', r'"\u00e9"'])


def _array(elements: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(
        lambda items, space, end: f"{space}[{space}{f',{space}'.join(items)}{end}]{space}",
        st.lists(elements, max_size=3),
        _spaces,
        st.sampled_from([""] * 9 + [","]),
    )


_keys = st.one_of(
    st.sampled_from([f'"{key}"' for key in (*KEYS_OF_TEXT, *KEYS_OF_LISTS, "old_priority", "a", r"\u0061")]),
    _strings,
)


def _object_text(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    member = st.builds(lambda key, space, value: f"{key}{space}:{space}{value}", _keys, _spaces, values)
    return st.builds(
        lambda members, end: "{" + ",".join(members) + end + "}",
        st.lists(member, max_size=3),
        st.sampled_from([""] * 9 + [","]),
    )


_values = st.one_of(
    _plain, _atoms, _array(_plain), _array(_atoms), _array(_array(_plain)), _object_text(_atoms)
)
TEXTS = st.one_of(
    _array(_plain), _array(_strings), _array(_values), _object_text(_values), _object_text(_atoms), _values
)
