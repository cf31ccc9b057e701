"""Ed25519 signatures of C2SP's signed-note, under a checkpoint."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from hostsdb.errors import InvalidData, QueryFailed, escaped
from hostsdb.proof.checkpoint import Checkpoint, from_base64, to_base64

_DASH = "\u2014"
_ED25519 = b"\1"


def sign(checkpoint: Checkpoint, pem: bytes) -> Checkpoint:
    """Return the checkpoint with one signature. The name of the key is the origin.

    Arguments:
        checkpoint: the checkpoint. Other signatures of it are left out.
        pem: the private key, as `openssl genpkey -algorithm ed25519` writes it.
    Raises:
        InvalidData: it is not such a key, or the origin cannot be the name of a key.
        QueryFailed: the package cryptography is not installed.
    """
    key, name = _private_key(pem), checkpoint.origin
    if "+" in name or any(character.isspace() for character in name):
        raise InvalidData(
            f'the origin "{escaped(name)}" names the key, and must contain neither blanks nor "+"; set --origin'
        )
    signature = _key_id(name, _raw(key.public_key())) + key.sign(checkpoint.body.encode())
    return Checkpoint.parse(f"{checkpoint.body}\n{_DASH} {name} {to_base64(signature)}\n")


def is_signed(checkpoint: Checkpoint, pem: bytes) -> bool:
    """Return whether a key has signed the checkpoint.

    Arguments:
        checkpoint: the checkpoint.
        pem: the public key, as `openssl pkey -pubout` writes it, or the private key.
    Raises:
        InvalidData: it is not such a key.
        QueryFailed: the package cryptography is not installed.
    """
    from_private = b"PRIVATE" in pem
    key = _private_key(pem).public_key() if from_private else _public_key(pem)
    id = _key_id(checkpoint.origin, _raw(key))
    found = [_signature(line) for line in checkpoint.signatures]
    return any(
        name == checkpoint.origin
        and signature.startswith(id)
        and _verifies(key, signature[4:], checkpoint.body)
        for name, signature in found
    )


def _signature(line: str) -> tuple[str, bytes]:
    dash, _, rest = line.partition(" ")
    name, _, signature = rest.rpartition(" ")
    if dash != _DASH or not name:
        raise InvalidData("a line after the empty one is not a signature")
    return name, from_base64(signature, size=None)


def _key_id(name: str, public_key: bytes) -> bytes:
    return sha256(name.encode() + b"\n" + _ED25519 + public_key).digest()[:4]


def _cryptography() -> Any:
    try:
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ed25519
    except ImportError:
        raise QueryFailed(
            "signatures need the package cryptography; install it with: pip install 'hostsdb[proof]'"
        ) from None
    return serialization, ed25519


def _private_key(pem: bytes) -> Any:
    serialization, ed25519 = _cryptography()
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError) as error:
        raise InvalidData("the file is not a private key without a password, in PEM") from error
    return _checked(key, ed25519.Ed25519PrivateKey)


def _public_key(pem: bytes) -> Any:
    serialization, ed25519 = _cryptography()
    try:
        key = serialization.load_pem_public_key(pem)
    except ValueError as error:
        raise InvalidData("the file is not a public key in PEM") from error
    return _checked(key, ed25519.Ed25519PublicKey)


def _checked(key: Any, kind: type) -> Any:
    if not isinstance(key, kind):
        raise InvalidData("the key is not an Ed25519 key; make one with: openssl genpkey -algorithm ed25519")
    return key


def _raw(public_key: Any) -> bytes:
    serialization, _ = _cryptography()
    raw: bytes = public_key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return raw


def _verifies(key: Any, signature: bytes, body: str) -> bool:
    from cryptography.exceptions import InvalidSignature

    try:
        key.verify(signature, body.encode())
    except InvalidSignature:
        return False
    return True
