"""PostgreSQL: the queries of PowerDNS for a name read no table of hosts as a whole."""

import re

import pytest

from hostsdb import NewHost, Storage
from tests.dns.databases import NameServer

COLUMNS = "content, ttl, prio, type, domain_id, disabled::int, name, auth::int"
ANY = f"SELECT {COLUMNS} FROM records WHERE disabled=false AND name=$1 AND domain_id=$2"
BASIC = f"SELECT {COLUMNS} FROM records WHERE disabled=false AND type=$1 AND name=$2"
# PowerDNS asks this once a minute, for the serials.
PRIMARIES = (
    "SELECT d.id, d.name, d.type, d.notified_serial, d.options, d.catalog, r.content "
    "FROM records r JOIN domains d ON r.domain_id = d.id AND r.name = d.name "
    "WHERE r.type = 'SOA' AND r.disabled = false AND d.type IN ('MASTER', 'PRODUCER')"
)
# PostgreSQL's unit. From 100,000 on it compiles a query first, by default, and that takes 0.1 s each time.
MOST_COST = 400

pytestmark = pytest.mark.parametrize("url", ["postgres"], indirect=True)
HOSTS = 3000


def fill(storage: Storage) -> None:
    storage.add_hosts(
        [
            NewHost(f"192.168.{n // 250}.{n % 250}", f"host{n}.lan", aliases=(f"alias{n}.a{n}.lan",))
            for n in range(HOSTS)
        ]
    )


@pytest.mark.parametrize("analyzed", [False, True])
def test_a_name_is_found_by_indexes(storage: Storage, server: NameServer, analyzed: bool) -> None:
    fill(storage)
    if analyzed:
        server.run("ANALYZE")
    server.run("SET plan_cache_mode = force_generic_plan")
    server.run(f"PREPARE by_name AS {ANY}")
    server.run(f"PREPARE by_type AS {BASIC}")
    zone = server.zone_id("host1.lan")
    for query in (f"by_name('host7.lan', {zone})", "by_type('A', 'host7.lan')"):
        plan = "\n".join(line for (line,) in server.run(f"EXPLAIN EXECUTE {query}"))
        assert "host_entries_pointer" in plan and "host_entries_hostname" in plan and "names_pkey" in plan
        for table in ("host_entries", "names"):
            assert f"Seq Scan on {table}" not in plan, plan
        assert _cost(plan) < (MOST_COST if analyzed else 10 * MOST_COST), plan


def _cost(plan: str) -> float:
    found = re.search(r"cost=[0-9.]+\.\.([0-9.]+)", plan)
    assert found
    return float(found[1])


def test_the_serials_are_found_without_reading_records(storage: Storage, server: NameServer) -> None:
    """The condition on the type reaches each part of the view: most parts have no SOA record."""
    fill(storage)
    plan = [line for (line,) in server.run(f"EXPLAIN ANALYZE {PRIMARIES}")]
    scans = [line for line in plan if " on host_entries " in line or " on networks " in line]
    assert len([line for line in scans if "never executed" not in line]) == 1, "\n".join(plan)


@pytest.mark.parametrize("analyzed", [False, True])
def test_a_query_is_planned_once(storage: Storage, server: NameServer, analyzed: bool) -> None:
    """PostgreSQL plans a prepared query again if the plan for one value looks cheaper than that for all values."""
    fill(storage)
    if analyzed:
        server.run("ANALYZE")
    server.run(f"PREPARE by_name AS {ANY}")
    server.run(f"PREPARE by_type AS {BASIC}")
    zone = server.zone_id("host1.lan")
    for n in range(10):
        server.run(f"EXECUTE by_name('host{n}.lan', {zone})")
        server.run(f"EXECUTE by_type('A', 'host{n}.lan')")
    found = server.run(
        "SELECT name, custom_plans FROM pg_prepared_statements WHERE name IN ('by_name', 'by_type') ORDER BY name"
    )
    assert found == [("by_name", 5), ("by_type", 5)]


@pytest.mark.parametrize("analyzed", [False, True])
def test_a_write_of_powerdns_reads_the_hosts_of_its_name(
    storage: Storage, server: NameServer, analyzed: bool
) -> None:
    fill(storage)
    if analyzed:
        server.run("ANALYZE")

    def rows_read() -> int:
        server.run("SELECT pg_stat_force_next_flush()")
        ((number,),) = server.run(
            "SELECT sum(seq_tup_read) FROM pg_stat_user_tables WHERE relname IN ('host_entries', 'names')"
        )
        return int(number)

    before = rows_read()
    for n in range(7):
        server.replace(f"host{n}.lan", "A", [f"192.168.100.{n}"])
        server.replace(f"alias{n + 20}.a{n + 20}.lan", "A", [])
    assert rows_read() - before < HOSTS
    assert len(storage.list_all()) == HOSTS and storage.verify() == []
