"""Keep the caches of PowerDNS current: purge what an event changes, as soon as it is committed."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from ipaddress import ip_address
from itertools import islice

from hostsdb.cli.on_change import retry_forever
from hostsdb.cli.terminal import to_stderr
from hostsdb.database import driver
from hostsdb.database.feed import follow
from hostsdb.database.open import Database
from hostsdb.database.polling import Polling
from hostsdb.errors import NotFound
from hostsdb.model import (
    AliasesModified,
    CommentUpdated,
    HostCreated,
    HostDeleted,
    HostEntry,
    HostEvent,
    HostnameChanged,
    IpAddressChanged,
    StoredEvent,
    TagsModified,
    UnknownEvent,
)
from hostsdb.names import canonical_hostname, canonical_ip, canonical_or_none
from hostsdb.operations.matching import event_filter
from hostsdb.storage import Storage

# Where Debian's package of PowerDNS has it.
CONTROL_SOCKET = "/run/pdns/pdns.controlsocket"
# SQLite has no notifications. The follower looks for a commit this often, in seconds.
_INTERVAL = 0.005
# For an answer of PowerDNS, and between two attempts to reach it, in seconds.
_TIMEOUT, _PAUSE = 10.0, 1.0
# PowerDNS reads a command of at most 16 KiB; a name has at most 253 bytes.
_NAMES = 40
# More events than this are an import: everything is purged, which is faster than many names.
_MANY = 100


class PowerDns:
    """The control socket of PowerDNS.

    Arguments:
        path: the socket, for example /run/pdns/pdns.controlsocket.
    """

    def __init__(self, path: str) -> None:
        self._path = path

    def ask(self, command: str) -> str:
        """Run a command as pdns_control does; return the answer.

        Raises:
            OSError: PowerDNS does not run, or this user may not use the socket.
        """
        try:
            # PowerDNS reads one command from each connection.
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(_TIMEOUT)
                connection.connect(self._path)
                connection.sendall(f"{command}\n".encode())
                return connection.recv(65_536).decode(errors="replace")
        except OSError as error:
            raise OSError(error.errno, error.strerror or str(error), self._path) from error

    def purge(self, names: Iterable[str] | None) -> None:
        """Purge names from the caches; None: everything."""
        commands = ["PURGE"] if names is None else [f"PURGE {' '.join(some)}" for some in _parts(names)]
        # PowerDNS purges its cache of answers, then its cache of queries. A question in between puts an old answer into
        # the first one again, from the second one. The second purge removes it.
        for command in commands * 2:
            self.ask(command)

    def wait(self, error: OSError) -> None:
        """Report an error, and wait until PowerDNS answers."""
        to_stderr(f"hostsdb: {error.filename}: {error.strerror}; waiting for PowerDNS")
        while True:
            time.sleep(_PAUSE)
            with suppress(OSError):
                self.ask("PING")
                return


def _parts(names: Iterable[str]) -> Iterator[list[str]]:
    left = iter(names)
    while part := list(islice(left, _NAMES)):
        yield part


class CacheFollower:
    """Purges the names that events change.

    Arguments:
        database: the database that PowerDNS reads.
        server: its control socket.
        notify: also send NOTIFY for each zone with a changed name.
    """

    def __init__(self, database: Database, server: PowerDns, *, notify: bool) -> None:
        if database.url.dialect != "postgres":
            polling = Polling(partial(driver.run, database.engine), time.sleep, _INTERVAL)
            database = replace(database, notifications=polling)
        self._database, self._storage = database, Storage(database)
        self._server, self._notify = server, notify
        self._answers: set[str] = set()

    def run(self) -> None:
        """Purge until the process is stopped. This method does not return.

        Raises:
            MigrationFailed: the database was initialised without dns.
        """
        self._storage.list_zones()
        retry_forever(self._attempt)

    def _attempt(self) -> None:
        while True:
            try:
                self._follow()
            except OSError as error:
                self._server.wait(error)

    def _follow(self) -> None:
        # Read before the purge: an event in between is handled twice, and never missed.
        position = self._storage.log_end()
        # What changed while this process, PowerDNS or the database was down is not known.
        self._purge(None)
        for events in follow(self._database, position, None, event_filter(None, None, None)):
            self._purge(changed_names(self._storage, events))

    def _purge(self, names: set[str] | None) -> None:
        self._server.purge(names and with_parents(names))
        if self._notify:
            zones = [zone.name for zone in self._storage.list_zones()]
            changed = zones if names is None else {_zone_of(name, zones) for name in names} - {""}
            for zone in changed:
                self._report(zone, self._server.ask(f"NOTIFY {zone}"))

    def _report(self, zone: str, answer: str) -> None:
        """Report an answer of NOTIFY once, unless it is a success."""
        if answer not in self._answers and answer != "Added to queue":
            to_stderr(f"hostsdb: NOTIFY for {zone}: {answer}")
        self._answers.add(answer)


def changed_names(storage: Storage, events: list[StoredEvent]) -> set[str] | None:
    """Return the names whose records events may have changed; None for any name.

    Arguments:
        storage: the hosts, which have the names that an event does not have.
    """
    if len(events) > _MANY or any(isinstance(stored.event, UnknownEvent) for stored in events):
        return None
    texts = set[str]()
    for host in dict.fromkeys(stored.aggregate_id for stored in events):
        of_host = [stored.event for stored in events if stored.aggregate_id == host]
        if not all(isinstance(event, CommentUpdated | TagsModified) for event in of_host):
            texts.update(_current(storage, host, of_host))
    return set(_names(texts))


def _current(storage: Storage, host: str, events: list[HostEvent]) -> Iterator[str]:
    """Yield the names and addresses of a host now, and those of events."""
    mentioned = [text for event in events for text in _texts(event)]
    try:
        if None not in mentioned:
            yield from _texts(storage.get_by_id(host))  # type: ignore[misc]  # an entry has no None
            yield from mentioned  # type: ignore[misc]
            return
    except NotFound:
        pass
    # The aliases of a deleted host are in its events only. Raw SQL may have stored an event without previous values.
    for stored in storage.load_events(host):
        yield from filter(None, _texts(stored.event))


def _texts(of: HostEvent | HostEntry) -> tuple[str | None, ...]:
    match of:
        case HostCreated() | HostEntry():
            return (of.ip_address, of.hostname, *of.aliases)
        case HostDeleted():
            return of.ip_address, of.hostname
        case IpAddressChanged():
            return of.old_ip, of.new_ip
        case HostnameChanged():
            return of.old_hostname, of.new_hostname
        case AliasesModified():
            return (*of.old_aliases, *of.new_aliases)
    return ()


def _names(texts: Iterable[str]) -> Iterator[str]:
    """Yield the DNS names of hostnames and addresses. What has none is never served."""
    for text in texts:
        if address := canonical_or_none(canonical_ip, text):
            if "%" not in address:
                yield ip_address(address).reverse_pointer
        elif name := canonical_or_none(canonical_hostname, text):
            yield name


def _zone_of(name: str, zones: list[str]) -> str:
    """Return the longest zone with a name; an empty text if there is none."""
    return max((zone for zone in zones if f".{name}".endswith(f".{zone}")), key=len, default="")


def with_parents(names: Iterable[str]) -> set[str]:
    """Return names with the names above them: these may begin or cease to exist, and the zone has another serial."""
    labels = (name.split(".") for name in names)
    return {".".join(parts[n:]) for parts in labels for n in range(len(parts))}
