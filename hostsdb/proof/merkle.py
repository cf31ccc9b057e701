"""The Merkle tree of RFC 6962 with SHA-256."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import NamedTuple

EMPTY_ROOT = sha256(b"").digest()


class Subtree(NamedTuple):
    """A perfect subtree: its number of leaves is a power of two.

    Attributes:
        size: the number of leaves.
        end: the position of the last one.
        root: its hash.
    """

    size: int
    end: int
    root: bytes


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of a leaf with this content."""
    return sha256(b"\0" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of a node with these children."""
    return sha256(b"\1" + left + right).digest()


def fold(roots: Iterable[bytes]) -> bytes:
    """Return the root of a tree from the roots of its perfect subtrees, the largest first."""
    smallest_first = list(roots)[::-1]
    if not smallest_first:
        return EMPTY_ROOT
    root = smallest_first[0]
    for larger in smallest_first[1:]:
        root = node_hash(larger, root)
    return root


class Tree:
    """A tree that grows. It keeps one hash for each perfect subtree, and the path of one leaf.

    Arguments:
        subtrees: those of an earlier tree, the largest first.
    """

    def __init__(self, subtrees: Iterable[Subtree] = ()) -> None:
        # For each level the subtree without a sibling: its last position and its root.
        self._waiting = {s.size.bit_length() - 1: (s.end, s.root) for s in subtrees}
        self._watched: int | None = None
        self._siblings: dict[int, bytes] = {}

    @property
    def size(self) -> int:
        """The number of leaves."""
        return sum(1 << level for level in self._waiting)

    @property
    def subtrees(self) -> tuple[Subtree, ...]:
        """The perfect subtrees, the largest first."""
        return tuple(
            Subtree(1 << level, *self._waiting[level]) for level in sorted(self._waiting, reverse=True)
        )

    @property
    def root(self) -> bytes:
        """The root."""
        return fold(subtree.root for subtree in self.subtrees)

    def extend(self, ends: Sequence[int], leaves: Sequence[bytes]) -> None:
        """Add leaves.

        Arguments:
            ends: their positions.
            leaves: their hashes, in order.
        """
        nodes, ends, level, size = list(leaves), list(ends), 0, self.size
        while nodes:
            first = size >> level  # the index of the first of these nodes among all of this level
            if level in self._waiting:
                end, root = self._waiting.pop(level)
                nodes.insert(0, root)
                ends.insert(0, end)
                first -= 1
            self._keep_sibling(level, first, nodes)
            if len(nodes) % 2:
                self._waiting[level] = ends.pop(), nodes.pop()
            # One expression: a call for each node doubles the time.
            pairs = zip(nodes[::2], nodes[1::2], strict=True)
            nodes = [sha256(b"\1" + left + right).digest() for left, right in pairs]
            ends = ends[1::2]
            level += 1

    def watch_next(self) -> None:
        """Keep the path of the next leaf that is added."""
        self._watched = self.size

    def _keep_sibling(self, level: int, first: int, nodes: list[bytes]) -> None:
        if self._watched is not None:
            index = ((self._watched >> level) ^ 1) - first
            if 0 <= index < len(nodes):
                self._siblings[level] = nodes[index]

    def path(self) -> list[bytes]:
        """Return the path of the watched leaf: the hashes that lead from the leaf to the root, the lowest first."""
        assert self._watched is not None
        subtrees, place, before = self.subtrees, 0, 0
        while self._watched >= before + subtrees[place].size:
            before += subtrees[place].size
            place += 1
        inside = [self._siblings[level] for level in range(subtrees[place].size.bit_length() - 1)]
        right = subtrees[place + 1 :]
        folded = [fold(s.root for s in right)] if right else []
        return inside + folded + [s.root for s in reversed(subtrees[:place])]


def root_from_path(index: int, size: int, leaf: bytes, path: Sequence[bytes]) -> bytes | None:
    """Return the root that a leaf and its path lead to (RFC 9162, 2.1.3.2); None if the path has a wrong length.

    Arguments:
        index: the index of the leaf.
        size: the number of leaves of the tree.
        leaf: the hash of the leaf.
        path: as Tree.path returns it.
    """
    if not 0 <= index < size:
        return None
    node, last, root = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return None
        if node % 2 or node == last:
            root = node_hash(sibling, root)
            while node % 2 == 0 and node:
                node, last = node >> 1, last >> 1
        else:
            root = node_hash(root, sibling)
        node, last = node >> 1, last >> 1
    return root if last == 0 else None
