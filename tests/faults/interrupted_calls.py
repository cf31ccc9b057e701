"""A process that calls a storage without a pause, and goes on after each SIGINT; prints how many there were."""

import os
import signal
import sys
import threading
import time
from typing import Any

import hostsdb

WAIT = 5.0  # how long another thread may wait for the storage, in seconds
_is_calling = False


def _interrupt(*_: Any) -> None:
    global _is_calling
    if _is_calling:
        _is_calling = False
        raise KeyboardInterrupt


def main(url: str, seconds: float) -> None:
    """Call for so many seconds. After each interrupt, another thread calls; exit if it waits too long."""
    global _is_calling
    signal.signal(signal.SIGINT, _interrupt)
    count, end = 0, time.monotonic() + seconds
    with hostsdb.connect(url) as storage:
        host = storage.add_host("10.0.0.1", "a").id
        print("ready", flush=True)
        while time.monotonic() < end:
            try:
                _is_calling = True
                while True:
                    storage.get_by_id(host)
            except KeyboardInterrupt:
                count += 1
            other = threading.Thread(target=storage.count, daemon=True)
            other.start()
            other.join(WAIT)
            if other.is_alive():
                print(f"a thread waits for ever, after {count} interrupts", flush=True)
                os._exit(1)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    print(count)


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
