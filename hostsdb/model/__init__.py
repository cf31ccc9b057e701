"""The values of hostsdb. All are frozen.

Fields have the names of the schema's columns. Lists are tuples, ids are text, times are aware datetimes in UTC.
"""

from hostsdb.model.consumers import Batch, Consumer
from hostsdb.model.events import (
    UNREADABLE_TIME,
    AliasesModified,
    CommentUpdated,
    EventEnvelope,
    HostCreated,
    HostDeleted,
    HostEvent,
    HostnameChanged,
    IpAddressChanged,
    PriorityChanged,
    StoredEvent,
    TagsModified,
    UnknownEvent,
)
from hostsdb.model.hosts import UNSET, HostEntry, HostFilter, NewHost, Unset
from hostsdb.model.plans import HostDifference, ImportPlan, ImportSummary
from hostsdb.model.pool import PoolStats
from hostsdb.model.snapshots import Snapshot, SnapshotMetadata
from hostsdb.model.zones import ServedZone

__all__ = [
    "UNREADABLE_TIME",
    "UNSET",
    "AliasesModified",
    "Batch",
    "CommentUpdated",
    "Consumer",
    "EventEnvelope",
    "HostCreated",
    "HostDeleted",
    "HostDifference",
    "HostEntry",
    "HostEvent",
    "HostFilter",
    "HostnameChanged",
    "ImportPlan",
    "ImportSummary",
    "IpAddressChanged",
    "NewHost",
    "PoolStats",
    "PriorityChanged",
    "ServedZone",
    "Snapshot",
    "SnapshotMetadata",
    "StoredEvent",
    "TagsModified",
    "UnknownEvent",
    "Unset",
]
