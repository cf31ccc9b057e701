"""The hosts that list and export write, in their order."""

from __future__ import annotations

from collections.abc import Callable

from hostsdb import HostEntry, HostFilter, Storage
from hostsdb.formats import InOrder


def hosts_in_order(
    storage: Storage, make: Callable[[HostEntry], bytes], tags: tuple[str, ...], without_tags: tuple[str, ...]
) -> InOrder:
    """Return the hosts that have all of some tags and none of others.

    Arguments:
        storage: the hosts.
        make: `packed` or `packed_by_address`, which gives the order.
        tags, without_tags: the tags.
    """
    if tags or without_tags:
        return InOrder(map(make, storage.search(HostFilter(tags=tags, without_tags=without_tags))))
    return InOrder(storage.map_all(make))  # in pages: the memory holds no list of all entries
