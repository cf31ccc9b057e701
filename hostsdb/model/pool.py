"""The connections of a storage."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PoolStats:
    """The connections of a storage at one moment. An embedded engine has one connection."""

    max_connections: int
    connections: int
    idle: int
    waiting: int
