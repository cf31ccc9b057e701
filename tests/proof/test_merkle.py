"""The tree against the published vectors of RFC 6962's first implementation, and against pymerkle."""

from __future__ import annotations

import random
from itertools import accumulate

import pymerkle
import pytest

from hostsdb.proof.merkle import Subtree, Tree, leaf_hash, root_from_path

# https://github.com/google/certificate-transparency/blob/master/cpp/merkletree/merkle_tree_test.cc
ENTRIES = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
# The index of a leaf, the size of the tree, and the path.
PATHS = [
    (0, 1, []),
    (
        0,
        8,
        [
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
    ),
    (
        5,
        8,
        [
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
    (2, 3, ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
    (
        1,
        5,
        [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ],
    ),
]
LEAVES = [leaf_hash(bytes.fromhex(entry)) for entry in ENTRIES]


def grown(leaves: list[bytes], *batches: int, watched: int | None = None) -> Tree:
    """Return a tree whose leaves came in batches of these sizes, the rest at once."""
    tree, done = Tree(), 0
    cuts = sorted({*accumulate(batches), len(leaves), *([] if watched is None else [watched])})
    for cut in cuts:
        if watched == done:
            tree.watch_next()
        tree.extend(range(done, cut), leaves[done:cut])
        done = max(done, cut)
    return tree


@pytest.mark.parametrize("size", range(9))
def test_the_published_roots(size: int) -> None:
    assert grown(LEAVES[:size]).root.hex() == ROOTS[size]
    assert grown(LEAVES[:size], *[1] * size).root.hex() == ROOTS[size]


@pytest.mark.parametrize(("index", "size", "path"), PATHS)
def test_the_published_paths(index: int, size: int, path: list[str]) -> None:
    found = grown(LEAVES[:size], watched=index).path()
    assert [node.hex() for node in found] == path
    assert root_from_path(index, size, LEAVES[index], found) == bytes.fromhex(ROOTS[size])


def test_pymerkle_agrees_on_1000_random_trees() -> None:
    chance = random.Random(6962)
    for _ in range(1000):
        size = chance.randint(1, 70)
        entries = [chance.randbytes(chance.randrange(40)) for _ in range(size)]
        theirs = pymerkle.InmemoryTree(algorithm="sha256")
        for entry in entries:
            theirs.append_entry(entry)
        leaves, index = [leaf_hash(entry) for entry in entries], chance.randrange(size)
        ours = grown(leaves, *(chance.randint(1, 20) for _ in range(3)), watched=index)
        assert ours.root == theirs.get_root(size)
        proof = theirs.prove_inclusion(index + 1, size)
        assert [leaves[index], *ours.path()] == proof.path
        assert root_from_path(index, size, leaves[index], ours.path()) == ours.root


def test_a_tree_goes_on_from_its_subtrees() -> None:
    leaves = [leaf_hash(bytes([n])) for n in range(100)]
    for size in range(101):
        tree = grown(leaves[:size])
        assert [s.size for s in tree.subtrees] == [1 << n for n in range(7) if size >> n & 1][::-1]
        assert [s.end for s in tree.subtrees][-1:] == [size - 1] * bool(size)
        later = Tree(tree.subtrees)
        later.extend(range(size, 100), leaves[size:])
        assert later.subtrees == grown(leaves).subtrees
        assert later.size == 100


def test_the_ends_of_subtrees() -> None:
    tree = Tree()
    tree.extend([10, 20, 30], LEAVES[:3])
    assert tree.subtrees == (Subtree(2, 20, bytes.fromhex(ROOTS[2])), Subtree(1, 30, LEAVES[2]))


def test_a_wrong_path_leads_elsewhere() -> None:
    path = grown(LEAVES, watched=3).path()
    root = bytes.fromhex(ROOTS[8])
    assert root_from_path(3, 8, LEAVES[3], path) == root
    for index, size, leaf, wrong in [
        (2, 8, LEAVES[3], path),
        (3, 8, LEAVES[2], path),
        (3, 8, LEAVES[3], path[:-1]),
        (3, 8, LEAVES[3], [*path, path[0]]),
        (3, 8, LEAVES[3], path[::-1]),
        (3, 4, LEAVES[3], path),
        (8, 8, LEAVES[3], path),
        (-1, 8, LEAVES[3], path),
    ]:
        assert root_from_path(index, size, leaf, wrong) != root
