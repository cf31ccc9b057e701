"""Checkpoints and proofs as text, and their signatures."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from hostsdb.errors import InvalidData, QueryFailed
from hostsdb.proof import notes
from hostsdb.proof.checkpoint import Checkpoint, from_base64
from hostsdb.proof.inclusion import Inclusion
from hostsdb.proof.leaf import encode
from hostsdb.proof.merkle import EMPTY_ROOT, Tree, leaf_hash
from tests.support.keys import new_key

LEAVES = [leaf_hash(encode([bytes([n])] * 15)) for n in range(5)]


def made(origin: str = "example.com/hosts", size: int = 5) -> Checkpoint:
    tree = Tree()
    tree.extend([10 * n for n in range(size)], LEAVES[:size])
    return Checkpoint.make(origin, tree.subtrees, LEAVES[size - 1] if size else None)


def test_the_text_of_a_checkpoint() -> None:
    checkpoint = made()
    lines = checkpoint.text.split("\n")
    assert lines[:2] == ["example.com/hosts", "5"] and lines[-2:] == ["", ""]
    assert [line.split()[:-1] for line in lines[3:-2]] == [
        ["position", "40"],
        ["subtree", "4", "30"],
        ["subtree", "1", "40"],
    ]
    assert from_base64(lines[2]) == checkpoint.root
    assert Checkpoint.parse(checkpoint.text) == checkpoint
    assert str(checkpoint) == checkpoint.text and checkpoint.signatures == ()


def test_a_checkpoint_of_an_empty_log() -> None:
    checkpoint = made(size=0)
    assert (checkpoint.size, checkpoint.root, checkpoint.position) == (0, EMPTY_ROOT, None)
    assert Checkpoint.parse(checkpoint.text) == checkpoint


def test_a_checkpoint_from_paper_has_three_lines() -> None:
    short = "\n".join(made().text.split("\n")[:3]) + "\n\n"
    parsed = Checkpoint.parse(short)
    assert (parsed.size, parsed.root, parsed.position, parsed.subtrees) == (5, made().root, None, ())


ONE, OTHER = made().text.split("\n")[2], made(size=4).text.split("\n")[2]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda text: "", "this is not a checkpoint"),
        (lambda text: text.rstrip("\n"), "this is not a checkpoint"),
        (lambda text: text.replace("\n5\n", "\n05\n"), "this is not a checkpoint"),
        (lambda text: text.replace("\n5\n", "\n-5\n"), "this is not a checkpoint"),
        (lambda text: text.replace("\n5\n", "\n6\n"), "its root does not fit"),
        (lambda text: text.replace("\n5\n", "\n\n5\n"), "this is not a checkpoint"),
        (lambda text: text.replace("\n", "\r\n"), "this is not a checkpoint"),
        (lambda text: text.replace("position 40", "position 41"), "its root does not fit"),
        (lambda text: text.replace("position 40", "position x"), '"x" in the checkpoint is not a number'),
        (lambda text: text.replace("subtree 4 30", "subtree 4 50"), "its root does not fit"),
        (lambda text: text.replace("subtree 4", "subtree 8"), "its root does not fit"),
        (lambda text: text.replace(ONE, OTHER), "its root does not fit"),
        (lambda text: text.replace(ONE, ONE[:-4]), "is not the base64 of 32 bytes"),
        (lambda text: text.replace(ONE, "*" * 44), "is not the base64 of 32 bytes"),
        (lambda text: text.replace("example.com/hosts", " "), 'the origin " "'),
    ],
)
def test_a_changed_checkpoint_is_refused(change: Callable[[str], str], reason: str) -> None:
    changed = change(made().text)
    assert changed != made().text
    with pytest.raises(InvalidData, match=reason):
        Checkpoint.parse(changed)


def test_an_unknown_extension_line_is_ignored() -> None:
    text = made().text.replace("position", "later 1 2 3\nposition")
    assert Checkpoint.parse(text).subtrees == made().subtrees


PRIVATE, PUBLIC = new_key()
OTHERS = new_key()


def test_a_signature_is_of_one_key_and_one_text() -> None:
    signed = notes.sign(made(), PRIVATE)
    (line,) = signed.signatures
    assert line.startswith("\u2014 example.com/hosts ")
    assert signed.body == made().body and signed.text.startswith(made().text)
    assert notes.is_signed(signed, PUBLIC) and notes.is_signed(signed, PRIVATE)
    assert not notes.is_signed(signed, OTHERS[1])
    assert not notes.is_signed(made(), PUBLIC)
    # Another log, with the signature of this one.
    assert not notes.is_signed(Checkpoint.parse(f"{made(size=4).text}{line}\n"), PUBLIC)
    twice = Checkpoint.parse(signed.text + notes.sign(made(), OTHERS[0]).signatures[0] + "\n")
    assert notes.is_signed(twice, PUBLIC) and notes.is_signed(twice, OTHERS[1])
    with pytest.raises(InvalidData, match="a line after the empty one is not a signature"):
        notes.is_signed(Checkpoint.parse(made().text + "no signature\n"), PUBLIC)


def test_the_published_example_of_a_note() -> None:
    """The example of golang.org/x/mod/sumdb/note."""
    body = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
    key = from_base64("ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", 33)
    name, signature = notes._signature(
        "\u2014 PeterNeumann "
        "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
    )
    assert name == "PeterNeumann"
    assert signature[:4] == notes._key_id(name, key[1:]) == bytes.fromhex("c74f20a3")
    assert notes._verifies(Ed25519PublicKey.from_public_bytes(key[1:]), signature[4:], body)


def test_keys_that_are_none() -> None:
    elliptic = ec.generate_private_key(ec.SECP256R1())
    pem = elliptic.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    for key, reason in [
        (b"", "not a private key"),
        (PUBLIC, "not a private key"),
        (pem, "not an Ed25519 key"),
    ]:
        with pytest.raises(InvalidData, match=reason):
            notes.sign(made(), key)
    with pytest.raises(InvalidData, match="not a public key"):
        notes.is_signed(made(), b"")
    with pytest.raises(InvalidData, match="names the key"):
        notes.sign(made("a b"), PRIVATE)


def test_without_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives", None)
    with pytest.raises(QueryFailed, match=r"pip install 'hostsdb\[proof\]'"):
        notes.sign(made(), PRIVATE)


def test_a_proof_as_text() -> None:
    tree = Tree()
    tree.extend(range(3), LEAVES[:3])
    tree.watch_next()
    tree.extend(range(3, 5), LEAVES[3:])
    checkpoint = notes.sign(Checkpoint.make("o", tree.subtrees, LEAVES[4]), PRIVATE)
    proof = Inclusion(encode([b"\3"] * 15), 3, tuple(tree.path()), checkpoint)
    lines = proof.text.split("\n")
    assert lines[0] == "c2sp.org/tlog-proof@v1" and lines[2] == "index 3" and lines[6] == ""
    assert proof.text.endswith(f"\n\n{checkpoint.text}")
    assert Inclusion.parse(proof.text) == proof
    assert proof.holds(checkpoint) and not proof.holds(made(size=4))
    for damaged in (proof.text[1:], proof.text.replace("index 3", "index x"), lines[0], ""):
        with pytest.raises(InvalidData, match="not a proof of hostsdb"):
            Inclusion.parse(damaged)
    assert not Inclusion.parse(proof.text.replace("index 3", "index 2")).holds(checkpoint)
