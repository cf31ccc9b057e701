"""Replace a file atomically: a reader sees the old file or the new file, also after a power cut."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path


def replace_file(path: str, content: bytes) -> bool:
    """Replace the content of a file, or create the file.

    Arguments:
        path: the file. If it is a symbolic link, its target is replaced and the link stays.
        content: the whole new content.
    Returns:
        True if the file was written, False if it has this content already; then it is not touched.
    Raises:
        OSError: the file cannot be written; the old file is unchanged.
    """
    target = Path(os.path.realpath(path))
    with suppress(FileNotFoundError):
        if target.read_bytes() == content:
            return False
    # In the same folder, because a rename is atomic only within one file system.
    descriptor, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with open(descriptor, "wb") as file:
            file.write(content)
            _copy_attributes(file.fileno(), target)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException as error:
        os.unlink(temporary)
        if isinstance(error, OSError):
            error.filename = error.filename or path  # a full disk: the error of a write has no file name
        raise
    _sync_folder(target.parent)
    return True


def _copy_attributes(descriptor: int, target: Path) -> None:
    """Set the mode of the old file, and its owner and group if this user may do that."""
    try:
        old = target.stat()
    except FileNotFoundError:
        umask = os.umask(0)
        os.umask(umask)
        os.fchmod(descriptor, 0o666 & ~umask)
        return
    with suppress(PermissionError):
        os.fchown(descriptor, old.st_uid, old.st_gid)
    os.fchmod(descriptor, old.st_mode & 0o7777)


def _sync_folder(folder: Path) -> None:
    """Write the rename to disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
