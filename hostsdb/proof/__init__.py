"""Proofs about the log: its Merkle tree, checkpoints, inclusion proofs. Nothing here reads a database."""
