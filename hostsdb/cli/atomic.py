"""Replacing a file so that a reader, or a power cut, sees the old one or the new one."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path


def replace_file(path: str, content: bytes) -> bool:
    """Make a file hold this content.

    Arguments:
        path: the file; a symbolic link stays, and what it points to is replaced.
        content: all of it.
    Returns:
        whether it was written; False when it held the content already, and then it is untouched.
    Raises:
        OSError: it could not be written; then the old file is as it was.
    """
    target = Path(os.path.realpath(path))
    with suppress(FileNotFoundError):
        if target.read_bytes() == content:
            return False
    # In the same folder: a rename is atomic only within one file system.
    descriptor, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with open(descriptor, "wb") as file:
            file.write(content)
            _give_owner(file.fileno(), target)
            os.fchmod(file.fileno(), _mode(target))
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException as error:
        os.unlink(temporary)
        if isinstance(error, OSError) and error.filename is None:  # a write names no file: the disk is full
            error.filename = path
        raise
    _sync_folder(target.parent)
    return True


def _give_owner(descriptor: int, target: Path) -> None:
    """Let a file belong to whom the one that it replaces belongs to, where this user may give it away."""
    with suppress(FileNotFoundError, PermissionError):
        old = target.stat()
        os.fchown(descriptor, old.st_uid, old.st_gid)


def _mode(target: Path) -> int:
    """Return the mode of the file that is replaced, or of a new file under this process's umask."""
    try:
        return target.stat().st_mode & 0o7777
    except FileNotFoundError:
        umask = os.umask(0)
        os.umask(umask)
        return 0o666 & ~umask


def _sync_folder(folder: Path) -> None:
    """Make the rename itself last."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
