"""Files of checkpoints and keys."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from hostsdb.errors import InvalidData, StorageError, escaped
from hostsdb.proof.checkpoint import Checkpoint
from hostsdb.proof.notes import is_signed

public_key_option: Callable[[Callable[..., Any]], Callable[..., Any]] = click.option(
    "--public-key",
    metavar="PEM",
    help="The Ed25519 public key that must have signed the checkpoint.",
)


def read_checkpoint(file: str, public_key: str | None = None) -> Checkpoint:
    """Return the checkpoint in a file.

    Arguments:
        file: the file.
        public_key: the file of a key that must have signed it; None: signatures are not checked.
    Raises:
        InvalidData: the file has no checkpoint, or no signature of the key.
    """
    try:
        found = Checkpoint.parse(read_text(file))
    except InvalidData as error:
        raise InvalidData(f"{escaped(file, 1000)}: {error}") from error
    check_signature(found, file, public_key)
    return found


def check_signature(found: Checkpoint, file: str, key: str | None) -> None:
    """Raise InvalidData if a key is given and has not signed the checkpoint in a file."""
    if key is not None and not is_signed(found, Path(key).read_bytes()):
        raise InvalidData(f"{escaped(file, 1000)} has no valid signature of the key in {escaped(key, 1000)}")


def read_text(file: str) -> str:
    """Return the text of a file in UTF-8, with its line ends as they are.

    Raises:
        InvalidData: it is not UTF-8.
    """
    try:
        return Path(file).read_bytes().decode()
    except UnicodeDecodeError as error:
        raise InvalidData(f"{escaped(file, 1000)} is not text in UTF-8") from error


def exists(file: str) -> bool:
    """Return whether there is a file to continue from. An empty file is none."""
    try:
        return os.stat(file).st_size > 0
    except FileNotFoundError:
        return False
    except OSError as error:
        raise StorageError(f"{escaped(file, 1000)}: {error.strerror}") from error
