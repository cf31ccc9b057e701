"""Whether the log still begins with what a checkpoint covers, and where it does not."""

from __future__ import annotations

from typing import NamedTuple

from hostsdb.operations.events import log_end
from hostsdb.operations.proving import FIRST, grow, has_last_leaf
from hostsdb.operations.steps import Operation
from hostsdb.proof.checkpoint import Checkpoint
from hostsdb.proof.merkle import Tree


class Difference(NamedTuple):
    """A range of the log that is not what it was at the checkpoint.

    Attributes:
        after, until: the positions between which it differs: after the first, up to and including the second.
        expected: the number of events that were there.
        found: the number of events that are there.
    """

    after: int
    until: int
    expected: int
    found: int

    def __str__(self) -> str:
        where = f"up to {self.until}" if self.after == FIRST else f"after {self.after}, up to {self.until},"
        return (
            f"the events at the positions {where} are not those of the checkpoint: "
            f"there were {self.expected}, and now there are {self.found}"
        )


def log_differences(checkpoint: Checkpoint) -> Operation[list[Difference]]:
    """Return where the log differs from a checkpoint; an empty list if it begins with exactly what that covers."""
    until = yield from log_end()
    tree = Tree()
    last, _ = yield from grow(tree, FIRST, until, checkpoint.size)
    if (tree.size, tree.root) == (checkpoint.size, checkpoint.root):
        return []
    return (yield from _by_position(checkpoint, until)) or _by_number(checkpoint, tree, last)


def _by_position(checkpoint: Checkpoint, until: int) -> Operation[list[Difference]]:
    """Compare the ranges of positions of the subtrees. An empty list if this is a copy: it has other positions."""
    differences, after = [], FIRST
    for subtree in checkpoint.subtrees:
        tree = Tree()
        yield from grow(tree, after, min(subtree.end, until))
        if (tree.size, tree.root) != (subtree.size, subtree.root):
            differences.append(Difference(after, subtree.end, subtree.size, tree.size))
        after = subtree.end
    is_here = len(differences) < len(checkpoint.subtrees) or (yield from has_last_leaf(checkpoint, until))
    return differences if is_here else []


def _by_number(checkpoint: Checkpoint, tree: Tree, last: int) -> list[Difference]:
    """Compare as many events from the beginning as the checkpoint covers.

    Arguments:
        checkpoint: the checkpoint.
        tree: these events.
        last: the position of the last one.
    """
    ours, after, done = tree.subtrees, FIRST, 0
    differences = []
    for place, expected in enumerate(checkpoint.subtrees):
        # In a shorter log the subtrees have other sizes from one place on.
        if place >= len(ours) or ours[place].size != expected.size:
            differences.append(Difference(after, last, checkpoint.size - done, tree.size - done))
            break
        if ours[place].root != expected.root:
            differences.append(Difference(after, ours[place].end, expected.size, expected.size))
        after, done = ours[place].end, done + expected.size
    return differences or [Difference(FIRST, last, checkpoint.size, tree.size)]
