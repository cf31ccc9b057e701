"""One file for each engine: how to connect, run a statement, load rows, and read its errors."""
