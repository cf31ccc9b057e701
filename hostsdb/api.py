"""The public names of hostsdb."""

from __future__ import annotations

from hostsdb.database.methods import checked
from hostsdb.database.open import open_database, open_database_async
from hostsdb.errors import (
    ConcurrentWriteConflict,
    ConnectionFailed,
    DuplicateEntry,
    InvalidConnectionString,
    InvalidData,
    MigrationFailed,
    NotFound,
    QueryFailed,
    StorageError,
)
from hostsdb.json_values import from_json, to_json
from hostsdb.model import (
    UNREADABLE_TIME,
    UNSET,
    AliasesModified,
    Batch,
    CommentUpdated,
    Consumer,
    EventEnvelope,
    HostCreated,
    HostDeleted,
    HostDifference,
    HostEntry,
    HostEvent,
    HostFilter,
    HostnameChanged,
    ImportPlan,
    ImportSummary,
    IpAddressChanged,
    NewHost,
    PoolStats,
    PriorityChanged,
    ServedZone,
    Snapshot,
    SnapshotMetadata,
    StoredEvent,
    TagsModified,
    UnknownEvent,
    Unset,
)
from hostsdb.operations.erasing import Erasure
from hostsdb.proof.checkpoint import Checkpoint
from hostsdb.proof.inclusion import Inclusion
from hostsdb.proof.merkle import Subtree
from hostsdb.storage import AsyncStorage, Storage
from hostsdb.url import parse_url

__all__ = [
    "UNREADABLE_TIME",
    "UNSET",
    "AliasesModified",
    "AsyncStorage",
    "Batch",
    "Checkpoint",
    "CommentUpdated",
    "ConcurrentWriteConflict",
    "ConnectionFailed",
    "Consumer",
    "DuplicateEntry",
    "Erasure",
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
    "Inclusion",
    "InvalidConnectionString",
    "InvalidData",
    "IpAddressChanged",
    "MigrationFailed",
    "NewHost",
    "NotFound",
    "PoolStats",
    "PriorityChanged",
    "QueryFailed",
    "ServedZone",
    "Snapshot",
    "SnapshotMetadata",
    "Storage",
    "StorageError",
    "StoredEvent",
    "Subtree",
    "TagsModified",
    "UnknownEvent",
    "Unset",
    "connect",
    "connect_async",
    "from_json",
    "to_json",
]


@checked
def connect(url: str | None = None, *, initialize: bool = True, read_url: str | None = None) -> Storage:
    """Open the database at a URL.

    Arguments:
        url: `postgres://user:password@host:5432/dbname`, `duckdb:///hosts.duckdb`, `sqlite:///hosts.db` and the
            like; None takes HOSTSDB_URL from the environment, or the first line of the file in HOSTSDB_URL_FILE, else
            `sqlite:///hosts.db`.
        initialize: apply pending migrations first. Many processes may do so at the same time.
        read_url: the URL of a PostgreSQL standby for reads of the projection. It may also be a parameter of the URL,
            percent-encoded.
    Returns:
        a Storage. Close it, or use it in a `with` statement.
    Raises:
        InvalidConnectionString: the URL is invalid.
        ConnectionFailed: no PostgreSQL server accepted a connection within `acquire_timeout`, or one refuses this
            client; the file cannot be opened; or the driver is not installed.
        MigrationFailed: a migration failed, the schema is newer than this hostsdb, or PostgreSQL's search_path finds
            the tables of another schema than its first.
    """
    database = open_database(parse_url(url, read_url))
    try:
        database.initialize() if initialize else database.refuse_foreign_schema()
    except BaseException:
        database.close()
        raise
    return Storage(database)


@checked
async def connect_async(
    url: str | None = None, *, initialize: bool = True, read_url: str | None = None
) -> AsyncStorage:
    """Open the database at a URL for asyncio. Arguments and errors are those of `connect`."""
    database = await open_database_async(parse_url(url, read_url))
    try:
        await (database.initialize() if initialize else database.refuse_foreign_schema())
    except BaseException:
        await database.close()
        raise
    return AsyncStorage(database)
