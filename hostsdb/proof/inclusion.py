"""Proofs that an event is in the log of a checkpoint, in the form of C2SP's tlog-proof."""

from __future__ import annotations

from dataclasses import dataclass

from hostsdb.errors import InvalidData
from hostsdb.proof.checkpoint import Checkpoint, from_base64, to_base64
from hostsdb.proof.leaf import decode
from hostsdb.proof.merkle import leaf_hash, root_from_path

_FIRST_LINE = "c2sp.org/tlog-proof@v1"


@dataclass(frozen=True, slots=True)
class Inclusion:
    """A proof that an event is in the log of a checkpoint.

    Attributes:
        content: the content of the event's leaf.
        index: the number of events before it in the log.
        path: the hashes that lead from its leaf to the root, the lowest first.
        checkpoint: the checkpoint.
    """

    content: bytes
    index: int
    path: tuple[bytes, ...]
    checkpoint: Checkpoint

    @property
    def text(self) -> str:
        """The proof as text."""
        lines = [_FIRST_LINE, f"extra {to_base64(self.content)}", f"index {self.index}"]
        return "\n".join([*lines, *map(to_base64, self.path), "", self.checkpoint.text])

    @property
    def columns(self) -> dict[str, str | None]:
        """The columns of the event by name."""
        return decode(self.content)

    def holds(self, checkpoint: Checkpoint) -> bool:
        """Return whether it proves that the event is in the log of a checkpoint."""
        leaf = leaf_hash(self.content)
        return root_from_path(self.index, checkpoint.size, leaf, self.path) == checkpoint.root

    @classmethod
    def parse(cls, text: str) -> Inclusion:
        """Return the proof of a text. It is not checked.

        Raises:
            InvalidData: the text is not a proof.
        """
        head, _, checkpoint = text.partition("\n\n")
        first, *lines = head.split("\n")
        extra, index = [*(line.partition(" ") for line in lines[:2]), ("", "", ""), ("", "", "")][:2]
        if first != _FIRST_LINE or extra[0] != "extra" or index[0] != "index" or not index[2].isdecimal():
            raise InvalidData("this is not a proof of hostsdb: hostsdb checkpoint --event ID writes one")
        path = tuple(from_base64(line) for line in lines[2:])
        proof = cls(from_base64(extra[2], size=None), int(index[2]), path, Checkpoint.parse(checkpoint))
        decode(proof.content)
        return proof
