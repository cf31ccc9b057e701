"""Stored texts of columns as other clients may have written them."""

import pytest

from hostsdb import columns


def test_json_with_blanks_and_other_keys_is_read() -> None:
    assert columns.texts(' [ "a", "b" ] ') == ("a", "b")
    assert columns.metadata('{"old_comment": null, "other": 5}') == {"old_comment": None, "other": 5}


@pytest.mark.parametrize("stored", [' {"a": "b"}', ' "a"', " 5"])
def test_json_that_is_no_array_is_not_read(stored: str) -> None:
    with pytest.raises(columns.Unreadable, match="it is not an array"):
        columns.texts(stored)


def test_a_previous_priority_is_an_integer() -> None:
    assert columns.metadata('{"old_priority": 5}') == {"old_priority": 5}
    with pytest.raises(columns.Unreadable, match="it is not an integer"):
        columns.metadata('{"old_priority": "5"}')
