"""Read the elements of a JSON array one after the other, in bounded memory.

The standard library decodes each element. This module finds where the next one begins, also after a bad one. ijson does
not replace it: ijson keeps a string of any length in memory (775 MiB for 200 MB), and it stops at the first error.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from typing import Any

from hostsdb.errors import InvalidData, escaped
from hostsdb.formats.record import MAX_LINE

_BLANKS = re.compile(r"[ \t\r\n]*+")
_MARK = re.compile(r'\\[^\n]?|["\n\[\]{},]')
_DEPTH = {"[": 1, "{": 1, "]": -1, "}": -1}
_decoder = json.JSONDecoder()


class ArrayText:
    """The text of an array and a place in it. Only the text near the place is in memory.

    Arguments:
        pieces: UTF-8 from the opening bracket on, as `read_pieces` yields it.
        line: the number of the first line.
    Attributes:
        line: the number of the line of the current place.
    """

    def __init__(self, pieces: Iterator[bytes], line: int) -> None:
        self.line: int = line
        self._pieces = pieces
        self._decode = codecs.getincrementaldecoder("utf-8")("surrogateescape").decode
        self._ended = False
        self._text = ""
        self._at = 0

    def peek(self) -> str:
        """Skip blanks; return the next character, empty at the end."""
        while self._fill():
            blanks = _BLANKS.match(self._text, self._at)
            self._move(blanks.end() if blanks else self._at)
            if self._at < len(self._text):
                return self._text[self._at]
        return ""

    def step(self) -> str:
        """Skip one character and blanks; return the next character, empty at the end."""
        self._move(self._at + 1)
        return self.peek()

    def head(self) -> str:
        """Return the beginning of the text at this place, escaped for a message."""
        self._fill()
        return escaped(self._text[self._at : self._at + 1000])

    def value(self) -> Any:
        """Decode the value at this place and move behind it. The place stays when an error is raised.

        Raises:
            InvalidData: the value is longer than MAX_LINE characters.
            ValueError: it is not JSON, or a number has too many digits.
            RecursionError: it is nested too deeply.
        """
        self._fill()
        value, end = _decoder.raw_decode(self._text, self._at)
        if end - self._at > MAX_LINE:
            raise InvalidData("it is too long")
        self._move(end)
        return value

    def skip(self) -> int:
        """Move to the next comma or closing bracket of the array; return how many characters were skipped.

        A newline ends a string, because JSON has no newline in strings: a missing quote costs its line only.
        """
        skipped, depth, quoted, mark = 0, 0, False, ""
        while self._fill():
            for found in _MARK.finditer(self._text, self._at):
                mark = found[0]
                if mark in '"\n':
                    quoted = mark == '"' and not quoted
                elif not quoted and depth == 0 and mark in ",]":
                    return skipped + self._move(found.start())
                elif not quoted:
                    depth = max(0, depth + _DEPTH.get(mark, 0))
            # The character after a backslash may not be read yet.
            skipped += self._move(len(self._text) - (mark == "\\" and not self._ended))
        return skipped

    def _move(self, end: int) -> int:
        moved = end - self._at
        self.line += self._text.count("\n", self._at, end)
        self._at = end
        return moved

    def _fill(self) -> bool:
        """Read until more than MAX_LINE characters are ahead, or all of them; return whether there are any."""
        if not self._ended and len(self._text) - self._at <= MAX_LINE:
            raw = bytearray()
            while len(raw) < 5 * MAX_LINE and not self._ended:  # a character has up to four bytes
                piece = next(self._pieces, b"")
                self._ended = not piece
                raw += piece
            self._text, self._at = self._text[self._at :] + self._decode(raw, self._ended), 0
        return self._at < len(self._text)
