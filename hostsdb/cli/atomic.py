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
            _copy_owner(file.fileno(), target)
            os.fchmod(file.fileno(), _mode(target))
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException as error:
        os.unlink(temporary)
        if (
            isinstance(error, OSError) and error.filename is None
        ):  # a full disk: the error of a write has no file name
            error.filename = path
        raise
    _sync_folder(target.parent)
    return True


def _copy_owner(descriptor: int, target: Path) -> None:
    """Set the owner and group of the old file, if this user may do that."""
    with suppress(FileNotFoundError, PermissionError):
        old = target.stat()
        os.fchown(descriptor, old.st_uid, old.st_gid)


def _mode(target: Path) -> int:
    """Return the mode of the old file, or the mode of a new file by the umask of this process."""
    try:
        return target.stat().st_mode & 0o7777
    except FileNotFoundError:
        umask = os.umask(0)
        os.umask(umask)
        return 0o666 & ~umask


def _sync_folder(folder: Path) -> None:
    """Write the rename to disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
