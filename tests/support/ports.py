"""Ports for the servers that tests start."""

import random
import socket


def free_port() -> int:
    """Return a port that is free for TCP and UDP and that the system gives nobody by itself.

    The port that the system gives for 0 may be given to any client's connection before the server takes it.
    """
    for port in random.sample(range(20_000, 30_000), 100):
        with socket.socket(type=socket.SOCK_STREAM) as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            try:
                tcp.bind(("127.0.0.1", port))
                udp.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("a hundred ports were tried and none is free")
