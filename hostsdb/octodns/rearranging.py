"""How hosts must change so that other records follow from them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from hostsdb.model import HostEntry, NewHost

# A name and an address: one value of an A or AAAA record.
Pair = tuple[str, str]


@dataclass(frozen=True)
class Rearrangement:
    """The hosts to delete, to update (with the new values of fields), and to add."""

    deleted: list[HostEntry] = field(default_factory=list)
    updated: list[tuple[HostEntry, dict[str, Any]]] = field(default_factory=list)
    added: list[NewHost] = field(default_factory=list)


def rearrange(
    hosts: Sequence[HostEntry], removed: set[Pair], added: set[Pair], is_in_zone: Callable[[str], bool]
) -> Rearrangement:
    """Return how the hosts must change.

    A host whose hostname gets another address moves there, with the aliases that also do. A host whose hostname is
    removed keeps its other names: the first one becomes its hostname. A name outside of the zone keeps its address,
    because the plan does not contain its zone. A name without a dot is in no zone and follows the hostname. Comment,
    tags and priority are kept.

    Arguments:
        hosts: all hosts, in order: of two hosts with the same records, the first one gets the new values.
        removed, added: the values of records. What the hosts do not have is not removed, and what they have is not
            added.
        is_in_zone: whether a name is in the zone.
    """
    work = _Work(removed, added, is_in_zone)
    for host in hosts:
        work.keep(host)
    for host in hosts:
        work.change(host)
    work.add_missing()
    return work.result


class _Work:
    def __init__(self, removed: set[Pair], added: set[Pair], is_in_zone: Callable[[str], bool]) -> None:
        self.result = Rearrangement()
        self._removed, self._added, self._is_in_zone = removed, added, is_in_zone
        self._addresses: defaultdict[str, list[str]] = defaultdict(list)
        for name, address in sorted(added):
            self._addresses[name].append(address)
        self._hostnames: set[Pair] = set()  # of the hosts as they will be: no two have the same pair
        self._present: set[Pair] = set()  # the same, with aliases

    def keep(self, host: HostEntry) -> None:
        """Note what stays as it is."""
        pairs = [(name, host.ip_address) for name in (host.hostname, *host.aliases)]
        self._hostnames |= {pairs[0]} - self._removed
        self._present |= set(pairs) - self._removed

    def change(self, host: HostEntry) -> None:
        """Change a host if one of its names is removed from its address."""
        names = (host.hostname, *host.aliases)
        gone = {name for name in names if (name, host.ip_address) in self._removed}
        if host.hostname in gone:
            staying = [n for n in names if n not in gone and ("." in n or self._is_in_zone(n))]
            following = [n for n in host.aliases if n not in gone and n not in staying]
            self._change_hostname(host, gone, staying, following)
        elif gone:
            aliases = [name for name in host.aliases if name not in gone]
            self.result.updated.append((host, {"aliases": aliases}))

    def _change_hostname(
        self, host: HostEntry, gone: set[str], staying: list[str], following: list[str]
    ) -> None:
        # A name that is the hostname of another host with this address needs no second host.
        alone = [name for name in staying if (name, host.ip_address) not in self._hostnames]
        if address := self._destination(host, gone):
            moving = [
                n for n in host.aliases if n in following or (n in gone and (n, address) in self._added)
            ]
            self._put(address, host.hostname, moving)
            self.result.updated.append((host, {"ip_address": address, "aliases": moving}))
            if alone:
                self._put(host.ip_address, alone[0], alone[1:])
                self.result.added.append(
                    NewHost(
                        host.ip_address, alone[0], tuple(alone[1:]), host.comment, host.tags, host.priority
                    )
                )
        elif alone:
            aliases = alone[1:] + following
            self._put(host.ip_address, alone[0], aliases)
            self.result.updated.append((host, {"hostname": alone[0], "aliases": aliases}))
        else:
            self.result.deleted.append(host)

    def _destination(self, host: HostEntry, gone: set[str]) -> str | None:
        """Return the new address of a hostname: the one to which most of the host's names move."""
        possible = [
            address
            for address in self._addresses[host.hostname]
            if (":" in address) == (":" in host.ip_address)
            and (host.hostname, address) not in self._hostnames
        ]
        return max(possible, key=lambda a: sum((n, a) in self._added for n in gone), default=None)

    def _put(self, address: str, hostname: str, aliases: list[str]) -> None:
        self._hostnames.add((hostname, address))
        self._present |= {(name, address) for name in (hostname, *aliases)}

    def add_missing(self) -> None:
        """Add a host for each value that no host has."""
        for name, address in sorted(self._added - self._present):
            self.result.added.append(NewHost(address, name))
