"""Whether a server refuses this client for good: a wrong password, an unknown database, an untrusted certificate.

libpq does not report the SQLSTATE of a failed connection, and its message may be in the language of the server. So a
failure is final if the server is ready for clients before and after another attempt that fails too.
"""

from __future__ import annotations

import re
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.pq import Ping

from hostsdb.engines.postgres_probe import Address, answers
from hostsdb.engines.postgres_servers import in_order, is_unresponsive

# How long to wait for an answer, in seconds; libpq's minimum.
_TIMEOUT = 2
# A server without a free connection, and a pooler without a server. Both may have them soon.
_FOR_THE_MOMENT = re.compile(
    "too many|slots are reserved|server login|cannot connect to server|query_wait_timeout|no more connections"
)


def refusal(parameters: dict[str, Any]) -> psycopg.OperationalError | None:
    """Return why one of the servers refuses this client; None if a later attempt may succeed.

    Arguments:
        parameters: those of libpq, with one or more hosts.
    """
    for server in in_order(parameters):
        if is_unresponsive(server):
            continue
        # A server with another role than wanted, such as a standby, is no refusal.
        quick = server | {"target_session_attrs": "any", "connect_timeout": _TIMEOUT}
        if (error := _refused(quick)) is not None:
            return error
    return None


def _refused(server: dict[str, Any]) -> psycopg.OperationalError | None:
    if not _is_ready(server):
        return None
    try:
        psycopg.connect(**server).close()
    except psycopg.OperationalError as error:
        is_final = not _FOR_THE_MOMENT.search(str(error)) and _is_ready(server)
        return error if is_final else None
    return None


def _is_ready(server: dict[str, Any]) -> bool:
    """Return whether a server takes clients, or a parameter is so wrong that libpq does not even try."""
    state = psycopg.pq.PGconn.ping(make_conninfo("", **server).encode())
    if state != Ping.NO_RESPONSE:
        return state != Ping.REJECT
    # The TLS handshake failed, if the server answers.
    host = server.get("hostaddr") or server.get("host") or "localhost"
    return answers(Address(str(host), str(server.get("port") or 5432)), _TIMEOUT)
