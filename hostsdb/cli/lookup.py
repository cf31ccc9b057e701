"""Find the host that a user names."""

from __future__ import annotations

from contextlib import suppress

from hostsdb import HostEntry, HostFilter, InvalidData, NotFound, Storage
from hostsdb.names import canonical_hostname


def resolve(storage: Storage, host: str) -> HostEntry:
    """Return the live host that a user names.

    Arguments:
        host: an id, or a hostname that only one host has.
    Raises:
        NotFound: no host has this id or hostname.
        InvalidData: several hosts have the hostname. The message lists their ids.
    """
    try:
        return storage.get_by_id(host)
    except NotFound:
        name = host
        with suppress(InvalidData):  # other clients may store a hostname that add does not accept
            name = canonical_hostname(host)
        named = storage.search(HostFilter(hostname_pattern=name))
    same = [entry for entry in named if entry.hostname.casefold() == name.casefold()]
    if not same:
        raise NotFound(kind="host", id=host)
    if len(same) > 1:
        ids = ", ".join(f"{entry.id} ({entry.ip_address})" for entry in same[:5])
        raise InvalidData(f"{len(same)} hosts have this hostname; use the id of one: {ids}")
    return same[0]
