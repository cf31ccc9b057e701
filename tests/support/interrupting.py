"""A KeyboardInterrupt at a chosen line, as Ctrl-C raises it between two instructions of the main thread."""

import linecache
import opcode
import sys
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Any


def interrupted_at(number: int, files: tuple[str, ...], call: Callable[[], object]) -> str:
    """Call, and raise KeyboardInterrupt at one of the lines that this thread runs; see sys.settrace.

    Arguments:
        number: which of the lines, from 1.
        files: what the paths of the files contain whose lines count.
    Returns:
        the place of the line; empty: fewer lines have run.
    """
    left, place = number, ""

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal left, place
        if not any(each in frame.f_code.co_filename for each in files):
            return None
        if (
            frame.f_code.co_name == "__exit__"
        ):  # Python may also end a thread before the first line of __exit__
            return None
        if event == "line" and not place and not _ends_a_with(frame):
            left -= 1
            if left == 0:
                place = f"{frame.f_code.co_filename}:{frame.f_lineno}"
                raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        with suppress(KeyboardInterrupt):
            call()
    finally:
        sys.settrace(before)
    return place


def _ends_a_with(frame: FrameType) -> bool:
    """Return whether the line is at the end of its `with` block. Python does not end a thread there, but after it."""
    line = linecache.getline(frame.f_code.co_filename, frame.f_lineno)
    instruction = opcode.opname[frame.f_code.co_code[frame.f_lasti]]
    return line.lstrip().startswith("with ") and instruction in ("LOAD_CONST", "SWAP")
