"""Real SIGINTs at any time in a process whose main thread calls a storage: its other threads never wait for ever."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.faults

SECONDS = 4
ENGINES = ("postgres", "duckdb", "sqlite")


@pytest.mark.parametrize("engine", ENGINES)
def test_no_lock_and_no_connection_is_lost(engine: str, tmp_path: Path, current_postgres_url: str) -> None:
    url = (
        f"{current_postgres_url}?max_connections=2"
        if engine == "postgres"
        else f"{engine}:///{tmp_path}/hosts.db"
    )
    program = [sys.executable, "-m", "tests.faults.interrupted_calls", url, str(SECONDS)]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        while process.poll() is None:
            time.sleep(random.uniform(0.001, 0.003))
            process.send_signal(signal.SIGINT)
        printed = process.stdout.read()
    assert process.returncode == 0, printed
    assert int(printed) > 100
