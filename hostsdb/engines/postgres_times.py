"""Times of PostgreSQL that Python's datetime cannot hold: `infinity`, and years before 1 or after 9999."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.adapt import Transformer
from psycopg.types.datetime import TimestamptzLoader

from hostsdb.operations.steps import Rows


class _TimeOrText(TimestamptzLoader):
    def load(self, data: Any) -> Any:
        try:
            return super().load(data)
        except psycopg.DataError:
            return bytes(data).decode()


def rows_with_times_as_text(cursor: psycopg.Cursor[Any] | psycopg.AsyncCursor[Any]) -> Rows:
    """Return all rows of a cursor's result. A time that datetime cannot hold is text.

    A loader in Python would slow down every other query.

    Arguments:
        cursor: a cursor whose fetchall raised DataError.
    """
    result = cursor.pgresult
    assert result is not None
    cursor.adapters.register_loader("timestamptz", _TimeOrText)
    transformer = Transformer(cursor)
    transformer.set_pgresult(result)
    return transformer.load_rows(0, result.ntuples, tuple)
