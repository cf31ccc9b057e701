"""DNS host entries as an append-only event log in PostgreSQL, DuckDB or SQLite. hostsdb.api has the public names."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from hostsdb.api import *  # noqa: F403
else:
    # Imported at the first access: it takes several times as long as Python's start, and `hostsdb --help` does not
    # need it.
    def __getattr__(name: str) -> Any:
        # The import system finds the modules of the package by itself.
        if name[:1].isupper() or name in ("connect", "connect_async", "from_json", "to_json", "__all__"):
            return getattr(import_module("hostsdb.api"), name)
        raise AttributeError(f"module 'hostsdb' has no attribute {name!r}")

    def __dir__() -> list[str]:
        return sorted({*import_module("hostsdb.api").__all__, "__version__"})
