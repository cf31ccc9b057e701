"""Errors: what they carry, that they cross processes, and that a message is one line."""

import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostsdb import errors
from hostsdb.errors import (
    ConcurrentWriteConflict,
    ConnectionFailed,
    DuplicateEntry,
    InvalidConnectionString,
    InvalidData,
    MigrationFailed,
    NotFound,
    QueryFailed,
    StorageError,
    escaped,
)

CONFLICT = ConcurrentWriteConflict(aggregate_id="H1", expected_version="V1", current_version="V2")
EXAMPLES = [
    CONFLICT,
    DuplicateEntry(ip_address="10.0.0.1", hostname="nas.lan"),
    NotFound(kind="host", id="H1"),
    InvalidData("no"),
    ConnectionFailed("no"),
    QueryFailed("no"),
    MigrationFailed("no"),
    InvalidConnectionString("no"),
]
hostile = st.text(st.characters(codec=None), max_size=200)


def test_the_examples_are_all_there_are() -> None:
    public = {x for x in vars(errors).values() if isinstance(x, type) and issubclass(x, Exception)}
    assert public == {StorageError} | {type(x) for x in EXAMPLES}


@pytest.mark.parametrize("error", EXAMPLES, ids=lambda x: type(x).__name__)
def test_an_error_crosses_processes(error: StorageError) -> None:
    error.add_note("seen in a worker")
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(twin) is type(error)
        assert str(twin) == str(error) != ""
        assert vars(twin) == vars(error)
        assert twin.__notes__ == ["seen in a worker"]


def test_a_conflict_names_cause_and_way_out() -> None:
    assert (CONFLICT.aggregate_id, CONFLICT.expected_version, CONFLICT.current_version) == ("H1", "V1", "V2")
    assert str(CONFLICT) == (
        "another writer changed host H1: expected version V1, current version V2; "
        "read the host again and retry the change"
    )


@pytest.mark.parametrize(
    ("expected", "current", "words"),
    [
        (None, "V2", "host H1 already exists, at version V2; no host was expected;"),
        ("V1", None, "host H1 does not exist, expected version V1;"),
    ],
)
def test_a_conflict_over_existence(expected: str | None, current: str | None, words: str) -> None:
    error = ConcurrentWriteConflict(aggregate_id="H1", expected_version=expected, current_version=current)
    assert str(error).startswith(words)


def test_a_duplicate_names_the_pair() -> None:
    error = DuplicateEntry(ip_address="10.0.0.1", hostname="nas.lan")
    assert (error.ip_address, error.hostname) == ("10.0.0.1", "nas.lan")
    assert str(error) == "another host already has 10.0.0.1 nas.lan; change or delete it first"


def test_not_found_names_what_was_looked_for() -> None:
    error = NotFound(kind="snapshot", id="S1")
    assert (error.kind, error.id) == ("snapshot", "S1")
    assert str(error) == 'no snapshot has the id "S1"; list the snapshots to see their ids'


def test_a_drivers_lines_become_one() -> None:
    assert str(QueryFailed("syntax error\r\n  LINE 1: x\x00\n\t^\n")) == "syntax error LINE 1: x ^"


@given(hostile)
def test_every_message_is_one_line_of_utf8(text: str) -> None:
    for error in (
        QueryFailed(text),
        NotFound(kind="host", id=text),
        DuplicateEntry(ip_address=text, hostname=text),
        ConcurrentWriteConflict(aggregate_id=text, expected_version=text, current_version=text),
    ):
        message = str(error)
        assert len(message.splitlines()) <= 1
        assert message.encode("utf-8").decode("utf-8") == message


@given(hostile)
def test_escaped_text_is_printable_and_short(text: str) -> None:
    assert escaped(text).isprintable()
    assert len(escaped(text, 20)) <= 20 * len(r"\U0010ffff") + len("...")
    assert not text.isprintable() or escaped(text, 200) == text


def test_escapes() -> None:
    assert escaped("a\n\0\x85\u2028\udcff\ud800é") == r"a\n\x00\x85\u2028\xff\ud800é"
    assert escaped("x" * 61) == "x" * 60 + "..."
    assert escaped("x" * 60) == "x" * 60
