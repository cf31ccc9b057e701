"""The files of the embedded engines: private ones made, and why one cannot be opened, which the engines seldom say."""

from __future__ import annotations

import os
from contextlib import suppress
from errno import EINVAL

from hostsdb.errors import ConnectionFailed


def create_private(path: str, like: str | None = None) -> None:
    """Make an empty file, unless there is one; what a symbolic link points to is made where it points to.

    Arguments:
        path: the file.
        like: another file, whose readers and writers may read and write this one; None: its owner alone may.
    """
    mode = 0o600 if like is None else os.stat(like).st_mode & 0o666
    with suppress(FileExistsError):
        descriptor = os.open(os.path.realpath(path), os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        try:
            if mode != 0o600:
                os.fchmod(descriptor, mode)
        finally:
            os.close(descriptor)


def check_ordinary(path: str) -> None:
    """Raise OSError where a path leads to what is there and no file."""
    if os.path.exists(path) and not os.path.isfile(path):
        raise OSError(EINVAL, "it is no ordinary file")


def cannot_open(path: str, words: str) -> ConnectionFailed:
    """Return the error for a file that could not be opened.

    Arguments:
        path: the file.
        words: the engine's or the system's, for where a look at the file tells nothing.
    """
    return ConnectionFailed(f"cannot open {path}: {_cause(os.path.realpath(path)) or words}")


def _cause(path: str) -> str | None:
    folder = os.path.dirname(path)
    try:
        is_folder = os.path.isdir(folder)
        os.stat(folder)
    except FileNotFoundError:
        return "its folder does not exist; make it first, or name another"
    except OSError as error:
        return f"its folder cannot be entered: {error.strerror}"
    if not is_folder:
        return f"{folder} is a file, and no folder"
    return _cause_within(path, folder)


def _cause_within(path: str, folder: str) -> str | None:
    if not os.access(folder, os.X_OK):
        return "this user may not enter its folder; run as its owner, or ask for the right"
    if os.path.isdir(path):
        return "it is a folder; name a file in it"
    if not os.path.exists(path):
        return None if os.access(folder, os.W_OK) else "this user may not make files in its folder"
    if not os.access(path, os.R_OK):
        return "this user may not read it; run as its owner, or ask for the right"
    if not os.access(path, os.W_OK):
        return "this user may not write it; run as its owner, or make the file writable"
    return None
