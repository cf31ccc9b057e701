"""A zone of the name server."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ServedZone:
    """A zone of the name server.

    Attributes:
        name: its name, in lower case and without the root dot.
        ns: the names of its name servers, the primary first.
        mail: the mail address of its administrator.
        ttl: how long a resolver may keep its records, in seconds.
    """

    name: str
    ns: tuple[str, ...]
    mail: str
    ttl: int
