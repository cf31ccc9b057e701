"""Checkpoints of the log, and proofs that an event is in it."""

from __future__ import annotations

from hashlib import sha256

from hostsdb.errors import InvalidData, NotFound
from hostsdb.operations.events import log_end
from hostsdb.operations.steps import Operation, ask_dialect, run
from hostsdb.proof.checkpoint import Checkpoint
from hostsdb.proof.inclusion import Inclusion
from hostsdb.proof.leaf import encode_stored
from hostsdb.proof.merkle import Tree
from hostsdb.url import Dialect

FIRST, LAST = -(2**63), 2**63 - 1
# The number of leaves that are read at once. On SQLite a leaf is read as its columns. On DuckDB 1,000,000 leaves take
# twice as long in pages of 20,000.
_PAGES: dict[Dialect, int] = {"sqlite": 10_000, "duckdb": 100_000, "postgres": 100_000}
_DIFFERS = (
    "the log does not begin with what the checkpoint covers; hostsdb verify --checkpoint FILE shows where"
)


def checkpoint(
    earlier: Checkpoint | str | None = None, *, origin: str | None = None
) -> Operation[Checkpoint]:
    """Compute the root of the Merkle tree of the log (RFC 6962), over all events that no other event can precede.

    Only reads, without a lock. Events that are stored meanwhile are not covered.

    Arguments:
        earlier: a checkpoint, or its text. Only newer events are read. What it covers is not read again, and not
            verified; `verify(checkpoint=...)` does that. If it is the checkpoint of another copy of this log, the whole
            log is read.
        origin: a name for the log, such as `example.com/hosts`; None: that of `earlier`, else a name made from the
            first event, which is the same in each copy.
    Returns:
        the checkpoint. Its `text` has no signatures.
    Raises:
        InvalidData: `earlier` is not a checkpoint of this log, or has another origin.
    """
    given = Checkpoint.parse(earlier) if isinstance(earlier, str) else earlier
    if given and origin not in (None, given.origin):
        raise InvalidData(f"the earlier checkpoint has another origin: {given.origin}")
    until = yield from log_end()
    tree, after, last = yield from _continued(given, until)
    _, newest = yield from grow(tree, after, until)
    name = origin or (given.origin if given else (yield from _default_origin(until)))
    return Checkpoint.make(name, tree.subtrees, newest or last)


def _continued(given: Checkpoint | None, until: int) -> Operation[tuple[Tree, int, bytes | None]]:
    """Return the tree that a checkpoint covers, the position of its last leaf, and this leaf."""
    if given is None or not given.size:
        return Tree(), FIRST, None
    if given.subtrees and (yield from has_last_leaf(given, until)):
        assert given.position is not None
        return Tree(given.subtrees), given.position, given.last_leaf
    tree = Tree()
    after, last = yield from grow(tree, FIRST, until, given.size)
    if (tree.size, tree.root) != (given.size, given.root):
        raise InvalidData(_DIFFERS)
    return tree, after, last


def has_last_leaf(given: Checkpoint, until: int) -> Operation[bool]:
    """Return whether the last event of a checkpoint is at its position: another copy has other positions."""
    if given.position is None or given.position > until:
        return False
    _, leaves = yield from _leaves(given.position - 1, given.position)
    return leaves == [given.last_leaf]


def _default_origin(until: int) -> Operation[str]:
    _, leaves = yield from read_leaves(FIRST, until, 1)
    return f"hostsdb/{leaves[0].hex()[:16]}" if leaves else "hostsdb"


def prove_event(event_id: str, checkpoint: Checkpoint | str | None = None) -> Operation[Inclusion]:
    """Prove that an event is in the log of a checkpoint. Reads the whole log up to the checkpoint.

    Arguments:
        event_id: the id of the event.
        checkpoint: the checkpoint, or its text; None: a new one.
    Returns:
        the proof. Its `text` is in the form of C2SP's tlog-proof, with the event and the checkpoint.
    Raises:
        NotFound: there is no such event, or it was erased.
        InvalidData: the event is newer than the checkpoint, or the checkpoint is not one of this log.
    """
    given = Checkpoint.parse(checkpoint) if isinstance(checkpoint, str) else checkpoint
    found = yield from find_content(event_id)
    if found is None:
        raise NotFound(kind="event", id=event_id)
    position, content = found
    until = yield from log_end()
    tree = Tree()
    after, _ = yield from grow(tree, FIRST, min(position - 1, until))
    index = tree.size
    if position > until or (given and index >= given.size):
        raise InvalidData(f"event {event_id} is newer than the checkpoint; make another checkpoint first")
    tree.watch_next()
    after, last = yield from grow(tree, after, until, given.size if given else LAST)
    covered = given or Checkpoint.make((yield from _default_origin(until)), tree.subtrees, last)
    proof = Inclusion(content, index, tuple(tree.path()), covered)
    if tree.root != covered.root or not proof.holds(covered):
        raise InvalidData(_DIFFERS)
    return proof


def grow(tree: Tree, after: int, until: int, size: int = LAST) -> Operation[tuple[int, bytes | None]]:
    """Add the leaves between two positions to a tree, until it has a size.

    Returns:
        the position and the hash of the last leaf; `after` and None if there was none.
    """
    last, most = None, _PAGES[(yield from ask_dialect())]
    while tree.size < size:
        ends, leaves = yield from read_leaves(after, until, min(most, size - tree.size))
        if not ends:
            break
        tree.extend(ends, leaves)
        after, last = ends[-1], leaves[-1]
    return after, last


def read_leaves(after: int, until: int, limit: int) -> Operation[tuple[list[int], list[bytes]]]:
    """Return the positions and the hashes of the next leaves."""
    ((end,),) = yield from run("leaves_end", after=after, until=until, limit=limit)
    return ([], []) if end is None else (yield from _leaves(after, end))


def _leaves(after: int, until: int) -> Operation[tuple[list[int], list[bytes]]]:
    rows = yield from run("leaves", after=after, until=until)
    hashes = [
        # SQLite has no SHA-256, and returns the columns. Not leaf_hash: a call for each event costs a tenth more.
        sha256(b"\0" + encode_stored(row[3:])).digest() if row[1] is None else bytes.fromhex(row[1])
        for row in rows
    ]
    return [row[0] for row in rows], hashes


def find_content(event_id: str) -> Operation[tuple[int, bytes] | None]:
    """Return the position of an event and the content of its leaf; None if it is not stored, or was erased."""
    rows = yield from run("event_content", event_id=event_id)
    if not rows:
        return None
    position, *columns = rows[0]
    from_columns = (yield from ask_dialect()) == "sqlite"
    return position, encode_stored(columns) if from_columns else columns[0]
