"""The servers of a URL: in which order they are tried, and why they took no connection.

A stopped machine accepts connections and does not answer, or it drops packets. Each new connection would wait for it.
So this process remembers which server did not answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import inf
from random import shuffle
from time import monotonic
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from hostsdb.engines.calls import Calls

# For so long a server that did not answer is tried after the others, and then again in its place. In seconds.
_LAST_FOR = 60.0
# How long to wait for a server that did not answer the last time, if there are others. In seconds; libpq's minimum.
_TIMEOUT = 2

_Parameters = dict[str, Any]
_Server = tuple[str, str]  # host and port, as in the URL

# When a server did not answer, by time.monotonic().
_unresponsive: dict[_Server, float] = {}


def set_unresponsive(server: _Server) -> None:
    """Remember that a server did not answer. Its next answer ends this."""
    _unresponsive[server] = monotonic()


def is_unresponsive(parameters: _Parameters) -> bool:
    """Return whether a server did not answer lately."""
    return monotonic() - _unresponsive.get(_server(parameters), -inf) < _LAST_FOR


class Servers:
    """Connects to the first server of a URL that accepts a connection.

    Attributes:
        failures: why each server did not accept the last attempt; empty after a success.
    """

    def __init__(self) -> None:
        self.failures: dict[_Server, str] = {}

    def connect(self, connect: Callable[..., Any], conninfo: str, libpq: _Parameters) -> Calls[Any]:
        """Return a connection.

        Arguments:
            connect: psycopg's function, in the caller's style.
            conninfo, libpq: the parameters of libpq.
        Raises:
            psycopg.Error: no server accepted it; the error of the last one, with the messages of all.
        """
        failures: dict[_Server, str] = {}
        for parameters in in_order(conninfo_to_dict(conninfo, **libpq)):
            server = _server(parameters)
            try:
                connection = yield connect(**parameters)
            except psycopg.OperationalError as error:
                if isinstance(error, psycopg.errors.ConnectionTimeout):
                    set_unresponsive(server)
                else:
                    _unresponsive.pop(server, None)
                failures[server] = str(error).removeprefix("connection failed: ").strip()
                last = error
            else:
                _unresponsive.pop(server, None)
                self.failures = {}
                return connection
        self.failures = failures
        if len(failures) == 1:
            raise last
        raise type(last)(self.describe()) from last

    def describe(self) -> str:
        """Return the servers that failed, each with its reason."""
        return "; ".join(f"{place(server)}: {reason}" for server, reason in self.failures.items())


def place(server: _Server) -> str:
    """Return a server as in a URL."""
    host, port = server
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def in_order(parameters: _Parameters) -> list[_Parameters]:
    """Return libpq's parameters for each server, in the order in which to try them."""
    several = list(_split(parameters))
    if len(several) == 1:
        return several
    if parameters.get("load_balance_hosts") == "random":
        shuffle(several)
    several.sort(key=is_unresponsive)
    limited = [
        each | {"connect_timeout": min(_TIMEOUT, int(each.get("connect_timeout") or _TIMEOUT))}
        if _server(each) in _unresponsive
        else each
        for each in several
    ]
    if parameters.get("target_session_attrs") == "prefer-standby":
        return [each | {"target_session_attrs": "standby"} for each in limited] + [
            each | {"target_session_attrs": "any"} for each in limited
        ]
    return limited


def _split(parameters: _Parameters) -> Iterator[_Parameters]:
    lists = {
        name: str(parameters[name]).split(",")
        for name in ("host", "hostaddr", "port")
        if parameters.get(name)
    }
    number = max((len(values) for values in lists.values()), default=1)
    if any(len(values) not in (1, number) for values in lists.values()):
        yield parameters  # libpq reports it
        return
    for index in range(number):
        yield parameters | {name: values[index if len(values) > 1 else 0] for name, values in lists.items()}


def _server(parameters: _Parameters) -> _Server:
    host = parameters.get("host") or parameters.get("hostaddr") or "localhost"
    return str(host), str(parameters.get("port") or 5432)
