"""The octoDNS provider: hostsdb as a source and as a target. It needs the extra `octodns`."""

from __future__ import annotations

from hostsdb.octodns.provider import HostsdbProvider

__all__ = ["HostsdbProvider"]
