"""Database files: creating them with private permissions, and the reason why one cannot be opened."""

from __future__ import annotations

import os
from contextlib import suppress
from errno import EINVAL

from hostsdb.engine_errors import ConnectionLost
from hostsdb.errors import ConnectionFailed


def create_private(path: str, like: str | None = None) -> None:
    """Create an empty file unless it exists. Follows symbolic links.

    Arguments:
        path: the file.
        like: a file whose permissions are copied; None: only the owner may read and write.
    """
    mode = 0o600 if like is None else os.stat(like).st_mode & 0o666
    with suppress(FileExistsError):
        descriptor = os.open(os.path.realpath(path), os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        try:
            if mode != 0o600:
                change_mode(descriptor, mode)
        finally:
            os.close(descriptor)


def change_mode(descriptor: int, mode: int) -> None:
    """Set the permissions of an open file, where the platform has them. Windows has access control lists instead."""
    if hasattr(os, "fchmod"):
        os.fchmod(descriptor, mode)


def identity(path: str) -> tuple[int, int] | None:
    """Return what another file in the place of this one does not have: device and number. None: there is none."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def is_open_here(path: str) -> bool:
    """Return whether this process has a file open.

    POSIX releases all locks of a process on a file when the process closes any descriptor of it.
    """
    try:
        descriptors = os.listdir("/dev/fd")
    except OSError:
        return False  # Windows has other locks
    return identity(path) in {identity(f"/dev/fd/{descriptor}") for descriptor in descriptors} - {None}


class OpenFile:
    """A database file that a connection has open. Another one may take its place, for example a restored backup.

    Arguments:
        path: the file; `:memory:` is none.
    Attributes:
        path: the file, absolute: the process may change its folder.
    """

    def __init__(self, path: str) -> None:
        self._given = path
        self.path: str = path if path == ":memory:" else os.path.abspath(path)
        self._identity: tuple[int, int] | None = None

    def remember(self) -> None:
        """Call this directly before the file is opened."""
        if self.path != ":memory:":
            self._identity = identity(self.path)

    def forget(self) -> None:
        """Call this if the file could not be opened: it is not in place then."""
        self._identity = (-1, -1)

    def is_in_place(self) -> bool:
        """Return whether the path still names the file. This takes one system call."""
        if self._identity is None:
            return True
        try:
            status = os.stat(self.path)
        except OSError:
            return False
        return (status.st_dev, status.st_ino) == self._identity

    def check_exists(self) -> None:
        """Raise ConnectionFailed if no other file has taken its place."""
        if identity(self.path) is None:
            raise ConnectionFailed(
                f"{self._given} was removed or renamed while it was open; restore it, or run hostsdb init"
            )

    def lost(self) -> ConnectionLost:
        """Return the error for a write that is in no file with this path."""
        return ConnectionLost(
            f"{self._given} was replaced by another file while it was open; the change is not stored in the new file"
        )


def check_regular(path: str) -> None:
    """Raise OSError if the path exists and is not a regular file."""
    if os.path.exists(path) and not os.path.isfile(path):
        raise OSError(EINVAL, "not a regular file")


# Files that a parent of this process had open at the fork, and that this process must not open.
_inherited: set[str] = set()


def remember_inherited(path: str) -> None:
    """Let this process, a forked child, not open a file that its parent has open."""
    _inherited.add(os.path.realpath(path))


def check_not_inherited(path: str) -> None:
    """Raise ConnectionFailed if this process must not open a file because its parent had it open at the fork."""
    if os.path.realpath(path) in _inherited:
        raise ConnectionFailed(
            f"cannot open {path}: a storage of the parent process used it when this process was forked; close that "
            "storage before the fork, or start this process with spawn instead of fork"
        )


def cannot_open(path: str, reason: str) -> ConnectionFailed:
    """Return the error for a file that could not be opened. It has the reason if the file shows no other cause."""
    return ConnectionFailed(f"cannot open {path}: {_cause(os.path.realpath(path)) or reason}")


def _cause(path: str) -> str | None:
    folder = os.path.dirname(path)
    try:
        is_folder = os.path.isdir(folder)
        os.stat(folder)
    except FileNotFoundError:
        return "its folder does not exist; create it, or use another path"
    except OSError as error:
        return f"its folder cannot be accessed: {error.strerror}"
    if not is_folder:
        return f"{folder} is a file, not a folder"
    return _cause_within(path, folder)


def _cause_within(path: str, folder: str) -> str | None:
    if not os.access(folder, os.X_OK):
        return "this user has no access to its folder; run as the owner, or change the permissions"
    if os.path.isdir(path):
        return "it is a folder; use a file in it"
    if not os.path.exists(path):
        return None if os.access(folder, os.W_OK) else "this user may not create files in its folder"
    if not os.access(path, os.R_OK):
        return "this user may not read it; run as the owner, or change the permissions"
    if not os.access(path, os.W_OK):
        return "this user may not write it; run as the owner, or change the permissions"
    return None
