"""Checkpoints of the log as text, in the form of C2SP's tlog-checkpoint."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass

from hostsdb.errors import InvalidData, escaped
from hostsdb.proof.merkle import Subtree, fold

_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_HASH_BYTES = 32


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What the log was at a moment. Keep its text where the database's owner cannot change it.

    Attributes:
        origin: the name of the log.
        size: the number of events, erased ones included.
        root: the root of their Merkle tree.
        position: the position of the last event; None if the text does not say.
        last_leaf: the leaf hash of this event.
        subtrees: the perfect subtrees of the tree, the largest first. Empty if the text does not have them.
        text: the whole text, with its signature lines.
    """

    origin: str
    size: int
    root: bytes
    position: int | None
    last_leaf: bytes | None
    subtrees: tuple[Subtree, ...]
    text: str

    def __str__(self) -> str:
        return self.text

    @property
    def body(self) -> str:
        """The text that is signed: all lines before the empty one."""
        return self.text.rpartition("\n\n")[0] + "\n"

    @property
    def signatures(self) -> tuple[str, ...]:
        """The signature lines, without their line ends."""
        return tuple(self.text.rpartition("\n\n")[2].splitlines())

    @classmethod
    def make(cls, origin: str, subtrees: tuple[Subtree, ...], last_leaf: bytes | None) -> Checkpoint:
        """Return a checkpoint without signatures.

        Arguments:
            origin: the name of the log.
            subtrees: the perfect subtrees, the largest first.
            last_leaf: the hash of the last leaf; None for an empty log.
        Raises:
            InvalidData: the origin is empty, or has control characters.
        """
        _check_origin(origin)
        size, root = sum(subtree.size for subtree in subtrees), fold(subtree.root for subtree in subtrees)
        lines = [origin, str(size), to_base64(root)]
        if last_leaf is not None:
            lines.append(f"position {subtrees[-1].end} {to_base64(last_leaf)}")
        lines += [f"subtree {s.size} {s.end} {to_base64(s.root)}" for s in subtrees]
        position = subtrees[-1].end if subtrees else None
        return cls(origin, size, root, position, last_leaf, subtrees, "\n".join(lines) + "\n\n")

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """Return the checkpoint of a text. Signatures are not checked.

        Raises:
            InvalidData: the text is not a checkpoint, or its root does not fit its subtrees.
        """
        body, separator, _ = text.rpartition("\n\n")
        lines = body.split("\n")
        if (
            not separator
            or len(lines) < 3
            or "" in lines
            or not _NUMBER.fullmatch(lines[1])
            or _CONTROL.search(text)
        ):
            raise InvalidData(
                "this is not a checkpoint: origin, size and root, each on a line, and an empty line"
            )
        _check_origin(lines[0])
        size, root = int(lines[1]), from_base64(lines[2])
        position, last_leaf, subtrees = None, None, []
        for line in lines[3:]:
            match line.split(" "):
                case ["position", end, leaf]:
                    position, last_leaf = _number(end), from_base64(leaf)
                case ["subtree", leaves, end, hash]:
                    subtrees.append(Subtree(_number(leaves), _number(end), from_base64(hash)))
        found = cls(lines[0], size, root, position, last_leaf, tuple(subtrees), text)
        if subtrees and not found._is_consistent():
            raise InvalidData("this checkpoint was changed: its root does not fit its subtrees")
        return found

    def _is_consistent(self) -> bool:
        ends = [subtree.end for subtree in self.subtrees]
        return (
            [subtree.size for subtree in self.subtrees] == list(_powers(self.size))
            and ends == sorted(set(ends))
            and ends[-1:] == [self.position]
            and fold(subtree.root for subtree in self.subtrees) == self.root
        )


def _powers(size: int) -> Iterator[int]:
    """Yield the powers of two that add up to a number, the largest first."""
    for level in reversed(range(size.bit_length())):
        if size >> level & 1:
            yield 1 << level


def _check_origin(origin: str) -> None:
    if not origin.strip() or not origin.isprintable():
        raise InvalidData(
            f'the origin "{escaped(origin)}" must be one line of printable text, such as example.com/hosts'
        )


def _number(text: str) -> int:
    """Return an integer of 64 bits."""
    if not _NUMBER.fullmatch(text.removeprefix("-")) or not -(2**63) <= int(text) < 2**63:
        raise InvalidData(f'"{escaped(text)}" in the checkpoint is not a number')
    return int(text)


def to_base64(data: bytes) -> str:
    """Return bytes as base64."""
    return base64.b64encode(data).decode()


def from_base64(text: str, size: int | None = _HASH_BYTES) -> bytes:
    """Return the bytes of a base64 text.

    Arguments:
        text: the text.
        size: the number of bytes that it must have; None: any.
    Raises:
        InvalidData: it is not base64, or has another number of bytes.
    """
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        data = None
    if data is None or size not in (None, len(data)):
        what = "base64" if size is None else f"the base64 of {size} bytes"
        raise InvalidData(f'"{escaped(text)}" is not {what}')
    return data
