"""The memory limit of DuckDB while an import runs, and the folder to which DuckDB writes what exceeds a limit."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any

from hostsdb.sql_files import load

_LIMITING = {"limit_memory", "set_memory_limit"}
_CURRENT = "SELECT value, parse_formatted_bytes(value) FROM duckdb_settings() WHERE name = 'memory_limit'"


class MemoryLimit:
    """The memory limit of one connection. `limit_memory` lowers it until the transaction ends.

    Arguments:
        raw: the connection of duckdb.
        file: the path of the database, or `:memory:`.
    """

    def __init__(self, raw: Any, file: str) -> None:
        self._raw = raw
        self._folder = None if file == ":memory:" else f"{file}.tmp"
        self._made_folder = False
        self._former: tuple[str, int] | None = None

    def before(self, name: str) -> None:
        """Prepare for a statement: remember the limit that it changes, or restore it before a commit.

        DuckDB 2.0.1 stops using a database whose commit lacks memory, so the limit must not apply there.
        """
        if name in _LIMITING:
            self._make_folder()
        if name == "limit_memory":
            self._former = self._current()
        elif name == "commit":
            self.restore()

    def restore(self) -> None:
        """Set the former limit again, if `limit_memory` has changed it."""
        if self._former is None:
            return
        former, self._former = self._former, None
        # DuckDB shows the limit rounded down. So its default is set by RESET, and another limit with some bytes more:
        # then it is shown as before.
        self._raw.execute("RESET memory_limit")
        if self._current() != former:
            self._raw.execute(load("duckdb", "limit_memory").text, {"memory_limit": f"{former[1] + 1024}B"})

    def close(self) -> None:
        """Remove the folder, after the connection has been closed."""
        if self._folder is not None and self._made_folder:
            with suppress(OSError):  # another connection uses it
                os.rmdir(self._folder)

    def _make_folder(self) -> None:
        """Create the folder with private permissions: DuckDB would let every user read it."""
        if self._folder is not None and not self._made_folder:
            with suppress(OSError):  # it exists, or DuckDB reports the cause when it writes
                os.mkdir(self._folder, 0o700)
                self._made_folder = True

    def _current(self) -> tuple[str, int]:
        """Return the limit as DuckDB shows it, and in bytes."""
        ((shown, size),) = self._raw.execute(_CURRENT).fetchall()
        return shown, size
