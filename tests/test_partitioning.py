"""What docs/partitioning.md says of partitioning the log: each statement there is refused with the words quoted."""

import re
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.support.postgres_standby import ask

PAGE = Path(__file__).parent.parent / "docs" / "partitioning.md"


def refusals() -> list[Any]:
    blocks = re.findall(r"^```sql\n([^`]*)^```\n\n((?: {4}.*\n)+)", PAGE.read_text(), re.M)
    assert len(blocks) == PAGE.read_text().count("```sql") > 0
    return [pytest.param(sql, words, id=str(number)) for number, (sql, words) in enumerate(blocks)]


@pytest.mark.parametrize(("statement", "words"), refusals())
def test_what_cannot_be_partitioned(postgres_url: str, statement: str, words: str) -> None:
    with pytest.raises(psycopg.Error) as refused:
        ask(postgres_url, statement)
    # PostgreSQL 19 begins with the constraint's kind: "PRIMARY KEY constraint", where the page has "unique constraint".
    primary = re.sub(
        "^(PRIMARY KEY|UNIQUE) constraint", "unique constraint", refused.value.diag.message_primary or ""
    )
    said = [primary, refused.value.diag.message_detail]
    assert [line for line in said if line] == [line.strip() for line in words.splitlines()]


def test_partitions_by_time_would_let_two_first_events_through(postgres_url: str) -> None:
    key = "aggregate_id, expected_version, created_at"
    ask(
        postgres_url,
        "CREATE TABLE log (aggregate_id text, expected_version text, created_at timestamptz, "
        f"UNIQUE NULLS NOT DISTINCT ({key})) PARTITION BY RANGE (created_at)",
    )
    ask(postgres_url, "CREATE TABLE log_rest PARTITION OF log DEFAULT")
    ask(postgres_url, "INSERT INTO log VALUES ('h', NULL, '2025-06-01'), ('h', NULL, '2025-06-02')")
    assert ask(postgres_url, "SELECT count(*) FROM log") == [(2,)]


def test_partitions_by_host_would_keep_one_chain_a_host(postgres_url: str) -> None:
    ask(
        postgres_url,
        "CREATE TABLE log (aggregate_id text, event_version text, expected_version text, "
        "UNIQUE (aggregate_id, event_version), "
        "UNIQUE NULLS NOT DISTINCT (aggregate_id, expected_version), "
        "FOREIGN KEY (aggregate_id, expected_version) REFERENCES log (aggregate_id, event_version)) "
        "PARTITION BY HASH (aggregate_id)",
    )
    for remainder in (0, 1):
        ask(
            postgres_url,
            f"CREATE TABLE log_{remainder} PARTITION OF log "
            f"FOR VALUES WITH (MODULUS 2, REMAINDER {remainder})",
        )
    ask(postgres_url, "INSERT INTO log VALUES ('h', '1', NULL), ('h', '2', '1'), ('i', '1', NULL)")
    with pytest.raises(psycopg.errors.UniqueViolation):
        ask(postgres_url, "INSERT INTO log VALUES ('h', '3', NULL)")
    with pytest.raises(psycopg.errors.UniqueViolation):
        ask(postgres_url, "INSERT INTO log VALUES ('h', '3', '1')")
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        ask(postgres_url, "INSERT INTO log VALUES ('i', '3', '2')")


def test_a_guard_of_the_whole_does_not_guard_a_partition(postgres_url: str) -> None:
    ask(postgres_url, "CREATE TABLE log (position bigint) PARTITION BY RANGE (position)")
    ask(postgres_url, "CREATE TABLE log_rest PARTITION OF log DEFAULT")
    ask(postgres_url, "INSERT INTO log VALUES (1)")
    ask(
        postgres_url,
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'append-only'; END $$",
    )
    ask(postgres_url, "CREATE TRIGGER refuse BEFORE DELETE ON log EXECUTE FUNCTION refuse()")
    with pytest.raises(psycopg.errors.RaiseException):
        ask(postgres_url, "DELETE FROM log")
    ask(postgres_url, "DELETE FROM log_rest")
    assert ask(postgres_url, "SELECT count(*) FROM log") == [(0,)]
