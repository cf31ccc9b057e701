"""What an import or a restore changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """The counts of an import.

    Attributes:
        read: the lines with a host, or with something that is not a host.
        added, changed, removed: the hosts that the import added, changed and deleted.
        identical, differing: the hosts that the import left as they are, because they have the values of the file, or
            because its mode changes no host.
        repeated: the lines that were merged with an earlier line of the same address and hostname.
        bad: the lines that are not a host or have an invalid name. The valid names of such a line are imported.
        comments, blank: the comment lines and blank lines, which are not kept.
        untagged: the hosts that a mirror with a tag keeps without this tag.
    """

    read: int
    added: int
    changed: int
    removed: int
    identical: int
    differing: int
    repeated: int
    bad: int
    comments: int = 0
    blank: int = 0
    untagged: int = 0


@dataclass(frozen=True, slots=True)
class HostDifference:
    """One host that would be added, changed or removed. `changes` has the old and the new value of each field."""

    kind: Literal["added", "changed", "removed"]
    ip_address: str
    hostname: str
    changes: dict[str, tuple[Any, Any]]


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """The effect of an import, without its execution."""

    summary: ImportSummary
    differences: tuple[HostDifference, ...]
