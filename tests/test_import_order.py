"""The events of a large import are in the order of the file, also where an engine works in parallel."""

import random
from io import BytesIO
from urllib.parse import quote

import pytest

import hostsdb
from hostsdb.formats import InOrder, packed, read

pytestmark = pytest.mark.faults  # takes minutes

# More rows than one thread of DuckDB reads at a time.
LINES = 130_000
PARALLEL = "-c parallel_setup_cost=0 -c parallel_tuple_cost=0 -c min_parallel_table_scan_size=0"


@pytest.mark.parametrize("engine", ["postgres", "duckdb", "sqlite"])
def test_positions_follow_the_lines_of_a_large_file(request: pytest.FixtureRequest, engine: str) -> None:
    url: str = request.getfixturevalue(f"current_{engine}_url")
    lines = [f"10.{n >> 16}.{n >> 8 & 255}.{n % 7} host{n}.lan\n" for n in range(LINES)]
    random.Random(1).shuffle(lines)
    options = f"?options={quote(PARALLEL)}" if engine == "postgres" else ""
    with hostsdb.connect(url + options) as storage:
        if engine == "duckdb":
            storage._database.engine._connection.raw.execute("SET threads = 8")  # type: ignore[attr-defined]
        summary = storage.import_hosts(read(BytesIO("".join(lines).encode()), "hosts"))
        assert summary.added == LINES
        names = [host.hostname for host in InOrder(storage.map_all(packed))]
    assert names == [line.split()[1] for line in lines]
