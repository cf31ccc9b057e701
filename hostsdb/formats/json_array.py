"""A JSON array read piece by piece, so that neither a long array nor a giant element of it fills the memory.

The standard library decodes each element; here is only what finds the next one, behind a bad one too. The streaming
parsers on PyPI still hold a giant string as a whole, which is the case to be guarded against.
"""

from __future__ import annotations

import codecs
import json
import re
from typing import Any

from hostsdb.errors import InvalidData, escaped
from hostsdb.formats.record import ByteStream

# Characters of an element: far more than any real host has, and the bound on memory.
MAX_ELEMENT = 65536

_WINDOW = 5 * MAX_ELEMENT
_BLANKS = re.compile(r"[ \t\r\n]*+")
# Inside brackets: whatever is no bracket, with whole strings, which may hold brackets, and with flat pairs.
_INSIDE = re.compile(
    r"""(?:[^"\[\]{}]++|"[^"\\\n]*+(?:\\.[^"\\\n]*+)*+"|\{[^"\[\]{}]*+\}|\[[^"\[\]{}]*+\])*+""", re.DOTALL
)
_BETWEEN = re.compile(r'[^"\[\]{},]*+')
_OPENING = re.compile(r"[\[{]++")
# A newline ends a string too: JSON has none in strings, so one that is not closed costs no more than its line.
_STRING_REST = re.compile(r'[^"\\\n]*+(?:\\.[^"\\\n]*+)*+', re.DOTALL)
_decoder = json.JSONDecoder()


class ArrayText:
    """The text of an array, of which only a window is in memory.

    Arguments:
        stream: UTF-8 from the array's bracket on, blanks before it allowed; bytes that are not UTF-8 become lone
            surrogates.
        line: the number of the stream's first line.
    Attributes:
        line: the number of the line that the text stands at.
    """

    def __init__(self, stream: ByteStream, line: int) -> None:
        self.line = line
        self._stream = stream
        self._decode = codecs.getincrementaldecoder("utf-8")("surrogateescape").decode
        self._ended = False
        self._text = ""
        self._at = 0
        self._passed = 0

    def enter(self) -> str:
        """Pass the opening bracket; return the next character."""
        self.next()
        return self.step()

    def next(self) -> str:
        """Pass blanks and return the character that stands behind them, empty at the end."""
        while self._fill():
            self._move(self._match(_BLANKS))
            if self._at < len(self._text):
                return self._text[self._at]
        return ""

    def step(self) -> str:
        """Pass one character; return what `next` does."""
        self._move(self._at + 1)
        return self.next()

    def head(self) -> str:
        """Return the beginning of what stands here, fit for a message."""
        self._fill()
        return escaped(self._text[self._at : self._at + 1000])

    def value(self) -> Any:
        """Decode the value that stands here, and pass it.

        Raises:
            InvalidData: it is longer than MAX_ELEMENT; then the text stands at it still.
            ValueError: it is no JSON, or has a number of too many digits; the same.
            RecursionError: its brackets stand too deep; the same.
        """
        self._fill()
        value, end = _decoder.raw_decode(self._text, self._at)
        if end - self._at > MAX_ELEMENT:
            raise InvalidData("it is too long")
        self._move(end)
        return value

    def skip(self) -> int:
        """Pass what stands before the next comma or closing bracket of the array; return how many characters."""
        depth, before = 0, self._passed
        while self._fill():
            self._move(self._match(_INSIDE if depth else _BETWEEN))
            character = self._text[self._at : self._at + 1]
            if depth == 0 and character in (",", "]"):
                break
            if character == '"':
                self._skip_string()
            elif character:
                opened = self._match(_OPENING) - self._at
                depth = max(0, depth + (opened or -1))
                self._move(self._at + (opened or 1))
        return self._passed - before

    def _skip_string(self) -> None:
        self._move(self._at + 1)
        while self._fill():
            self._move(self._match(_STRING_REST))
            character = self._text[self._at : self._at + 1]
            if character == "\\" and not self._ended:
                continue  # what it escapes is not in the window yet
            self._move(self._at + len(character))
            if character in ('"', "\n"):
                break

    def _match(self, pattern: re.Pattern[str]) -> int:
        match = pattern.match(self._text, self._at)
        return match.end() if match else self._at

    def _move(self, end: int) -> None:
        self.line += self._text.count("\n", self._at, end)
        self._passed += end - self._at
        self._at = end

    def _fill(self) -> bool:
        """Have more than MAX_ELEMENT characters ahead, or all that is left; return whether there is any."""
        if not self._ended and len(self._text) - self._at <= MAX_ELEMENT:
            raw = bytearray()
            while len(raw) < _WINDOW and not self._ended:
                piece = self._stream.readline(MAX_ELEMENT + 1)
                self._ended = not piece
                raw += piece
            # Bytes, where MAX_ELEMENT counts characters: four at most for each.
            self._text, self._at = self._text[self._at :] + self._decode(raw, self._ended), 0
        return self._at < len(self._text)
