"""The mark of a copy: the table replica_of names its origin, and the guards refuse other writers."""

from __future__ import annotations

import os
from typing import Any

from hostsdb.copying.sides import Side
from hostsdb.errors import InvalidData, StorageError, escaped
from hostsdb.operations.steps import Operation, run

CHANGED = "somebody has changed the table replica_of of the destination; start the command again"
_INDEPENDENT = "run DELETE FROM replica_of on the destination"


def origin_of(source: Side) -> str:
    """Return what identifies a database: its file, or its servers, database and schema. It has no user or password."""
    url = source.database.url
    if url.dialect != "postgres":
        return f"{url.dialect}:///{os.path.realpath(url.path)}"
    ((_, database, schema),) = source.run(run, "database_identity")
    servers = ",".join(f"{host}:{port}" for host, port in _servers(url.conninfo))
    return f"postgres://{servers}/{database}" + ("" if schema == "public" else f"?schema={schema}")


def _servers(conninfo: str) -> list[tuple[str, str]]:
    from psycopg.conninfo import conninfo_to_dict

    given = conninfo_to_dict(conninfo)
    hosts = _list(given.get("host") or given.get("hostaddr") or os.environ.get("PGHOST") or "localhost")
    ports = _list(given.get("port") or os.environ.get("PGPORT") or "5432")
    return [(host, ports[min(n, len(ports) - 1)] or "5432") for n, host in enumerate(hosts)]


def _list(value: Any) -> list[str]:
    return str(value).lower().split(",")


def current_origin() -> Operation[str | None]:
    """Return the origin of which a database is a copy; None if it is independent."""
    found = yield from run("get_origin")
    return found[0][0] if found else None


def refuse_other_origin(source: Side, destination: Side) -> str | None:
    """Return the origin that the destination is marked with; None if it is not marked.

    Raises:
        InvalidData: it is not the source.
    """
    stored = destination.run(current_origin)
    if stored is not None and stored != (origin := origin_of(source)):
        raise InvalidData(
            f"the destination is a copy of {escaped(stored, 200)}, not of {escaped(origin, 200)}; use that source, or "
            f"{_INDEPENDENT} if both are the same log"
        )
    return stored


def is_marked(origin: str | None) -> Operation[None]:
    """Check that a database has the same mark as before; None: no mark.

    Raises:
        StorageError: somebody has changed it.
    """
    if (yield from current_origin()) != origin:
        raise StorageError(CHANGED)


def mark(destination: Side, origin: str) -> None:
    """Mark the destination as a copy. From now on it refuses other writers."""
    destination.run(run, "set_origin", origin=origin)


def unmark(destination: Side, origin: str) -> None:
    """Remove the mark."""
    destination.run(run, "remove_origin", origin=origin)
