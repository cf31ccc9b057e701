"""A terminal for a command that runs in this process, and for one that runs in another."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import tty
from contextlib import suppress
from threading import Thread
from unittest.mock import patch

from hostsdb.cli import cli


def on_terminal(columns: int, *arguments: str) -> str:
    """Run a command and return what it writes to a terminal of so many columns."""
    master, slave = pty.openpty()
    tty.setraw(slave)  # otherwise it writes CR LF for LF
    pieces: list[bytes] = []

    def read() -> None:
        while piece := os.read(master, 65536):
            pieces.append(piece)
            if piece.endswith(b"\0"):
                return

    reader = Thread(target=read)
    reader.start()
    try:
        with (
            open(slave, "w", encoding="utf-8") as stdout,
            patch.object(sys, "stdout", stdout),
            patch.dict(os.environ, COLUMNS=str(columns)),
        ):
            try:
                cli.main(arguments, standalone_mode=False)
            except SystemExit:
                pass
            finally:
                stdout.write("\0")
                stdout.flush()
                reader.join(30)
    finally:
        os.close(master)
    return b"".join(pieces)[:-1].decode()


def on_terminal_process(*command: str) -> str:
    """Run a program and return what it writes to its terminal, of 80 columns."""
    master, slave = pty.openpty()
    environment = os.environ | {"COLUMNS": "80", "TERM": "xterm"}
    with subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=environment):
        os.close(slave)
        pieces = []
        with suppress(OSError):  # a terminal without a writer ends with an error
            while piece := os.read(master, 65536):
                pieces.append(piece)
    os.close(master)
    return b"".join(pieces).decode()
