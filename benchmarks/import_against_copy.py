"""How long an import takes against the COPY of the same rows into a bare host_events with only its primary key.

All on one PostgreSQL server, durability on, in turn, several times; medians and their ratios are printed. The import
is the whole command, Python's start included. The COPY is measured twice: by psycopg row by row, as any Python program
would, and as one piece of text that is ready, which is the server's floor.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

import psycopg

from tests.postgres_process import postgres_process
from tests.postgres_server import fresh_database

HOSTS = Path(__file__).parent.parent / "tests" / "data" / "adservers.hosts"
ROUNDS = 7

BARE = """
CREATE TABLE bare (LIKE host_events);
ALTER TABLE bare ADD PRIMARY KEY (event_id);
"""


def main() -> None:
    """Print the figures."""
    imports, by_row, by_text = [], [], []
    with postgres_process(fsync=True) as server:
        for _ in range(ROUNDS):
            with fresh_database(server.url) as url:
                imports.append(_import(url))
                by_row.append(_copy_rows(url))
                by_text.append(_copy_text(url))
    for name, copies in (("COPY row by row", by_row), ("COPY of ready text", by_text)):
        ratio = statistics.median(a / b for a, b in zip(imports, copies, strict=True))
        seconds = statistics.median(imports), statistics.median(copies)
        print(f"import {seconds[0]:.3f} s, {name} {seconds[1]:.3f} s, ratio {ratio:.2f}")


def _import(url: str) -> float:
    command = [sys.executable, "-m", "hostsdb"]
    subprocess.run([*command, "init", "--url", url], check=True, stdout=subprocess.DEVNULL)
    before = time.perf_counter()
    subprocess.run([*command, "import", str(HOSTS), "--url", url], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - before


def _copy_rows(url: str) -> float:
    with psycopg.connect(url) as connection:
        connection.execute(BARE)
        rows = connection.execute("SELECT * FROM host_events").fetchall()
        before = time.perf_counter()
        with connection.cursor() as cursor, cursor.copy("COPY bare FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        connection.commit()
        return time.perf_counter() - before


def _copy_text(url: str) -> float:
    with psycopg.connect(url) as connection:
        connection.execute("TRUNCATE bare")
        with connection.cursor() as cursor:
            with cursor.copy("COPY host_events TO STDOUT") as copy:
                rows = b"".join(copy)
            before = time.perf_counter()
            with cursor.copy("COPY bare FROM STDIN") as copy:
                copy.write(rows)
        connection.commit()
        return time.perf_counter() - before


if __name__ == "__main__":
    main()
