"""The zones of the name server that reads the database: `init --with dns`."""

from __future__ import annotations

from collections.abc import Iterable

from hostsdb import rows
from hostsdb.errors import InvalidData, MigrationFailed, NotFound
from hostsdb.model import ServedZone
from hostsdb.names import canonical_hostname, canonical_mail
from hostsdb.operations.retry import LOCK_TIMEOUT, retry_unknown_commit
from hostsdb.operations.steps import Operation, ask_dialect, in_transaction, run

# The migration that completes the zones: from then on a new zone has its names.
ZONES = "1007_dns_zone_changes"
# Seconds. A name server asks the database, so resolvers need not keep an answer for long.
DEFAULT_TTL = 300


def list_zones() -> Operation[list[ServedZone]]:
    """Return the zones of the name server, ordered by name.

    Raises:
        MigrationFailed: the database was initialised without dns.
    """
    yield from _require_zones()
    found = yield from run("list_zones")
    return [ServedZone(name, tuple(ns.split()), mail, ttl) for name, ns, mail, ttl in found]


def add_zone(
    name: str, ns: Iterable[str], mail: str, ttl: int = DEFAULT_TTL, after_serial: int | None = None
) -> Operation[ServedZone]:
    """Add a zone. The names of the hosts that it matches are served at once. It waits for open write transactions.

    Arguments:
        name: its name, for example `lan` or `168.192.in-addr.arpa`.
        ns: the names of its name servers, the primary first.
        mail: the mail address of its administrator.
        ttl: how long a resolver may keep its records, in seconds.
        after_serial: the serial that secondaries have of this zone, from another database. The new serial is above it.
    Returns:
        the zone.
    Raises:
        InvalidData: a name, the mail address or ttl is not valid, or there is a zone with this name.
        MigrationFailed: the database was initialised without dns.
    """
    servers = tuple(map(canonical_hostname, [ns] if isinstance(ns, str) else ns))
    zone = ServedZone(canonical_hostname(name), servers, canonical_mail(mail), ttl)
    if not servers or not 0 <= ttl <= 2**31 - 1:
        raise InvalidData("a zone needs at least one name server, and a ttl from 0 to 2147483647")
    if after_serial is not None and not 0 <= after_serial <= 2**32 - 1:
        raise InvalidData("after_serial must be from 0 to 4294967295")

    def attempt(commit_unknown: bool) -> Operation[None]:
        return (yield from in_transaction(_add(zone, after_serial, commit_unknown)))

    yield from retry_unknown_commit(attempt)
    return zone


def _add(zone: ServedZone, after_serial: int | None, commit_unknown: bool) -> Operation[None]:
    yield from _require_zones()
    yield from _limit_lock_wait()
    added = yield from run(
        "add_zone",
        name=zone.name,
        ns=" ".join(zone.ns),
        mail=zone.mail,
        ttl=zone.ttl,
        after_serial=after_serial,
    )
    if not added[0][0] and not commit_unknown:
        raise InvalidData(f"there is a zone {zone.name} already; remove it first to change it")


def remove_zone(name: str) -> Operation[None]:
    """Remove a zone. Its hosts stay. Their names go to the next shorter zone that matches, or are no longer served.

    Raises:
        NotFound: there is no zone with this name.
        MigrationFailed: the database was initialised without dns.
    """
    canonical = (rows.text(name) or "").lower().removesuffix(".")

    def attempt(commit_unknown: bool) -> Operation[None]:
        return (yield from in_transaction(_remove(canonical, commit_unknown)))

    yield from retry_unknown_commit(attempt)


def _remove(name: str, commit_unknown: bool) -> Operation[None]:
    yield from _require_zones()
    yield from _limit_lock_wait()
    ((removed,),) = yield from run("remove_zone", name=name)
    if not removed and not commit_unknown:
        raise NotFound(kind="zone", id=name)


def has_zones() -> Operation[bool]:
    """Return whether the database was initialised with dns."""
    ((applied,),) = yield from run("is_applied", migration_id=ZONES)
    return bool(applied)


def _require_zones() -> Operation[None]:
    if not (yield from has_zones()):
        raise MigrationFailed(
            "this database has no zones; run hostsdb init --with dns (PostgreSQL and SQLite)"
        )


def _limit_lock_wait() -> Operation[None]:
    if (yield from ask_dialect()) == "postgres":
        yield from run("set_lock_timeout", timeout=f"{LOCK_TIMEOUT:g}s")
