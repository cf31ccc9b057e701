"""Write a file: atomically, so that a reader sees the old file or the new file, also after a power cut; or in place."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from errno import EACCES, EBUSY, EPERM, EROFS
from pathlib import Path
from typing import BinaryIO

from hostsdb.engines.files import change_mode

_NEEDS_IN_PLACE = {EACCES, EBUSY, EPERM, EROFS}
_HINT = "; if FILE is a mount point, or its folder cannot be written, use --in-place"


def replace_file(path: str, content: bytes) -> None:
    """Replace the content of a file, or create the file.

    Arguments:
        path: the file. If it is a symbolic link, its target is replaced and the link stays.
        content: the whole new content.
    Raises:
        OSError: the file cannot be written; it is unchanged, unless the message says that it is replaced.
    """
    with replacement(path) as file:
        file.write(content)


@contextmanager
def replacement(path: str) -> Iterator[BinaryIO]:
    """Give a new file to write into. It replaces the file at the end of the block, unless the block raises an error.

    Arguments and errors are those of replace_file.
    """
    target = Path(os.path.realpath(path))
    with _naming(path, _HINT):
        # In the same folder, because a rename is atomic only within one file system.
        descriptor, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        try:
            with open(descriptor, "wb") as file:
                yield file
                _copy_attributes(file.fileno(), target)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, target)
        except BaseException:
            os.unlink(temporary)
            raise
    try:
        _sync_folder(target.parent)
    except OSError as error:
        words = f"it is replaced, but its folder could not be written to disk: {error.strerror}"
        raise OSError(error.errno, words, path) from error


def write_in_place(path: str, content: bytes) -> None:
    """Write the content into an existing file, which stays the same file. A reader may see a part of the content.

    Arguments:
        path: the file.
        content: the whole new content.
    Raises:
        OSError: the file cannot be written; it may have a part of the content.
    """
    with _naming(path), open(path, "r+b") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
        file.truncate()
        os.fsync(file.fileno())


@contextmanager
def _naming(path: str, hint: str = "") -> Iterator[None]:
    """Put the name of the target into an OSError. It has the name of the temporary file, or none."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise OSError(error.errno, reason + (hint if error.errno in _NEEDS_IN_PLACE else ""), path) from error


def _copy_attributes(descriptor: int, target: Path) -> None:
    """Set the mode of the old file, and its owner and group if this user may do that."""
    try:
        old = target.stat()
    except FileNotFoundError:
        umask = os.umask(0)
        os.umask(umask)
        change_mode(descriptor, 0o666 & ~umask)
        return
    if hasattr(os, "fchown"):
        with suppress(PermissionError):
            os.fchown(descriptor, old.st_uid, old.st_gid)
    change_mode(descriptor, old.st_mode & 0o7777)


def _sync_folder(folder: Path) -> None:
    """Write the rename to disk. Windows cannot open a folder, and writes the rename by itself."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
