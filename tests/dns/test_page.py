"""Runs every command of docs/name-server.md, with files and ports of the test in place of the system's."""

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psycopg
import pytest

from tests.support.ports import free_port
from tests.support.powerdns import program

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "name-server.md").read_text("utf-8")
BLOCKS = {
    title: "\n".join(re.findall(r"```console\n(.*?)```", section, re.S))
    for title, section in re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", PAGE, re.M | re.S)
}
# What stands for the system: the test's programs, folders and ports.
PREAMBLE = """
set -euo pipefail
hostsdb() {{ {python} -m hostsdb "$@"; }}
sudo() {{
  while [ "${{1#-}}" != "$1" ]; do if [ "$1" = -u ]; then shift; fi; shift; done
  "$@"
}}
apt-get() {{ :; }}
install() {{ mkdir -p "${{@: -1}}"; }}
dig() {{ command dig +tries=1 +time=5 {dig_port} "$@"; }}
pdnsutil() {{ command pdnsutil --config-dir={folder} "$@"; }}
systemctl() {{
  name=${{2#pdns}}; name=${{name#@}}
  if [ -f {folder}/pid$name ]; then
    kill -9 "$(cat {folder}/pid$name)"; wait "$(cat {folder}/pid$name)" 2>/dev/null || true
  fi
  if [ "$name" ]; then cp {folder}/etc/pdns-$name.conf {folder}/pdns-$name.conf; else
    {{ cat {folder}/etc/pdns.d/*.conf; echo local-port={port}; echo local-address=127.0.0.1; }} > {folder}/pdns.conf
  fi
  pdns_server --config-dir={folder} ${{name:+--config-name=$name}} --socket-dir={folder} --security-poll-suffix= \\
    --guardian=no --daemon=no > {folder}/log$name 2>&1 & echo $! > {folder}/pid$name
  for _ in $(seq 600); do grep -q 'ready to distribute' {folder}/log$name && return; sleep 0.05; done
  cat {folder}/log$name; return 1
}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """The test's /etc/powerdns and /var/lib; ends the servers."""
    for name in ("pdns_server", "dig", "nsupdate"):
        program(name, "pdns-server pdns-backend-pgsql pdns-backend-sqlite3 bind9-dnsutils")
    (tmp_path / "etc" / "pdns.d").mkdir(parents=True)
    yield tmp_path
    for file in tmp_path.glob("pid*"):
        try:
            os.kill(int(file.read_text()), signal.SIGKILL)
        except ProcessLookupError:
            continue


def run_page(folder: Path, script: str, postgres_url: str = "") -> str:
    """Run commands of the page; return what they print."""
    port, past_port = free_port(), free_port()
    preamble = PREAMBLE.format(
        python=shlex.quote(sys.executable), folder=folder, port=port, dig_port=f"-p {port}"
    )
    script = script.replace("/etc/powerdns", f"{folder}/etc").replace("/var/lib/hostsdb", str(folder))
    script = script.replace("/tmp/", f"{folder}/").replace("5300", str(past_port))
    script = script.replace("server 127.0.0.1\n", f"server 127.0.0.1 {port}\n")
    if postgres_url:
        parts = urlsplit(postgres_url)
        script = script.replace("postgres://me@localhost/hosts", postgres_url)
        script = script.replace("gpgsql-port=5432", f"gpgsql-port={parts.port}")
        script = script.replace("gpgsql-host=localhost", f"gpgsql-host={parts.hostname}")
        script = script.replace("gpgsql-dbname=hosts", f"gpgsql-dbname={parts.path[1:]}")
    path = f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin"
    done = subprocess.run(
        ["bash", "-c", preamble + script],
        env=os.environ | {"PYTHONPATH": str(ROOT), "PATH": path, "TZ": "UTC"},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_every_block_is_in_a_section_that_is_run() -> None:
    assert set(BLOCKS) == {
        "SQLite", "PostgreSQL", "Caches", "Writing through PowerDNS", "What is served", "DNSSEC", "The past"
    }  # fmt: skip
    assert BLOCKS["What is served"] == ""


def test_sqlite(folder: Path) -> None:
    printed = run_page(folder, BLOCKS["SQLite"])
    assert printed.endswith("192.168.1.20\nnas.lan.\n")


def test_dnssec(folder: Path) -> None:
    printed = run_page(folder, BLOCKS["SQLite"] + BLOCKS["Caches"] + BLOCKS["DNSSEC"])
    assert "Zone is presigned" not in printed and "NARROW" in printed.upper()
    assert re.search(r"^nas\.lan\.\s+\d+\s+IN\s+RRSIG\s+A ", printed, re.M)


def test_caches_writes_and_the_past(folder: Path) -> None:
    sections = ("SQLite", "Caches", "Writing through PowerDNS", "The past")
    script = "\n".join(BLOCKS[section] for section in sections)
    printed = run_page(
        folder, f"{script}\nhostsdb delete nas.lan\ndig nas.lan +short @127.0.0.1 | wc -l\n{LAST}"
    )
    assert "192.168.1.30" in printed and "powerdns" in printed
    assert printed.endswith("\n192.168.1.20\n"), printed
    assert re.search(r"^0$", printed, re.M)


LAST = "dig +short -p 5300 @127.0.0.1 nas.lan"


@pytest.fixture
def without_roles(postgres_server: object, postgres_url: str) -> Iterator[str]:
    """A new database; drops the roles of the page, which belong to the whole cluster."""
    if shutil.which("psql") is None:
        pytest.skip("psql is not installed; apt-get install postgresql-client")
    yield postgres_url
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("DROP OWNED BY pdns, hosts_dns, hosts_reader, hosts_writer, hosts_owner CASCADE")
        for role in ("pdns", "hosts_dns", "hosts_reader", "hosts_writer", "hosts_owner"):
            connection.execute(f"DROP ROLE {role}")


def test_postgresql(folder: Path, without_roles: str) -> None:
    script = BLOCKS["PostgreSQL"] + BLOCKS["Caches"] + BLOCKS["Writing through PowerDNS"]
    printed = run_page(folder, script, without_roles)
    assert "192.168.1.20\nnas.lan.\n" in printed and "192.168.1.30" in printed and "powerdns" in printed
    assert unquote(urlsplit(without_roles).path)[1:] in (folder / "pdns.conf").read_text()
