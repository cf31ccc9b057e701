"""Runs the command in this process and writes to a file how many bytes were in memory at most.

`python -m benchmarks.peak FILE import hosts --url ...`. The process tells it of itself: what its parent could ask for,
ru_maxrss of a child, counts the parent's own memory before exec.
"""

from __future__ import annotations

import atexit
import resource
import runpy
import sys
from pathlib import Path


def _tell(file: str) -> None:
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        most = int(line.split()[1]) * 1024
    else:  # macOS, where it is in bytes
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    Path(file).write_text(str(most))


if __name__ == "__main__":
    file = sys.argv.pop(1)
    atexit.register(_tell, file)
    runpy.run_module("hostsdb", run_name="__main__", alter_sys=True)
