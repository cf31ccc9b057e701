"""PostgreSQL: the queries of PowerDNS for a name read no table of hosts as a whole."""

import pytest

from hostsdb import NewHost, Storage
from tests.dns.databases import NameServer

COLUMNS = "content, ttl, prio, type, domain_id, disabled::int, name, auth::int"
ANY = f"SELECT {COLUMNS} FROM records WHERE disabled=false AND name=$1 AND domain_id=$2"
BASIC = f"SELECT {COLUMNS} FROM records WHERE disabled=false AND type=$1 AND name=$2"


@pytest.mark.parametrize("url", ["postgres"], indirect=True)
@pytest.mark.parametrize("analyzed", [False, True])
def test_a_name_is_found_by_indexes(storage: Storage, server: NameServer, analyzed: bool) -> None:
    storage.add_hosts(
        [
            NewHost(f"192.168.{n // 250}.{n % 250}", f"host{n}.lan", aliases=[f"alias{n}.a{n}.lan"])
            for n in range(3000)
        ]
    )
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
