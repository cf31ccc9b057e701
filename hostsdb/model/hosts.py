"""A host: a new one, the current state of one, and the conditions of a search."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class NewHost:
    """A host for ``add_hosts``. The fields are the arguments of ``add_host``."""

    ip_address: str
    hostname: str
    aliases: tuple[str, ...] = ()
    comment: str | None = None
    tags: tuple[str, ...] = ()
    priority: int = 0


class Unset:
    """The default of an argument that the caller did not give. It cannot be None, because None clears a comment."""

    def __repr__(self) -> str:
        return "UNSET"


UNSET = Unset()


@dataclass(frozen=True, slots=True)
class HostEntry:
    """The current state of a live host.

    Files for resolvers are ordered by ``priority``, lower first, then by ``first_position``: the position of the host's
    first event. A copy of the host in another database has another ``first_position``, so it is not compared.
    """

    id: str
    ip_address: str
    hostname: str
    comment: str | None
    tags: tuple[str, ...]
    aliases: tuple[str, ...]
    created_at: datetime
    updated_at: datetime
    event_version: str
    priority: int = 0
    first_position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class HostFilter:
    """The conditions of ``search`` and ``count``. A host must match all of them; None matches every host.

    Attributes:
        ip_pattern: a part of the address, taken literally.
        ip_prefix: the beginning of the address, such as ``10.1.``.
        network: an address, which matches only itself, or a network such as ``10.0.0.0/8``, in any written form. This
            and ip_prefix use an index and read only few other rows. The other conditions read every host.
        hostname_pattern: a part of the hostname or of an alias, taken literally. Case is ignored.
        hostname: the hostname or an alias, in any written form that add_host takes.
        tags: the host must have all of them.
        without_tags: the host must have none of them.
    """

    ip_pattern: str | None = None
    ip_prefix: str | None = None
    network: str | None = None
    hostname_pattern: str | None = None
    hostname: str | None = None
    tags: tuple[str, ...] | None = None
    without_tags: tuple[str, ...] | None = None
