"""Every command has an example in its help. All examples of the help and the docs run."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path

import click
import pytest

import hostsdb
from hostsdb.cli import COMMANDS as MODULES
from hostsdb.cli import cli, first_sentence
from tests.support.command import hostsdb_command
from tests.support.template import Fill, Template
from tools.generate_commands import COMMANDS, reference

ROOT = Path(__file__).parent.parent.parent
SNAPSHOT = "01JD4V0QF8T5Y7Z3M2N1K0P9RX"
FILE = "192.168.1.20\tnas.lan\n"


def commands(command: click.Command, path: str = "hostsdb") -> Iterator[tuple[str, click.Command]]:
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from commands(inner, f"{path} {name}")
    else:
        yield path, command


def examples() -> list[str]:
    return [e for _, command in commands(cli) for e in re.findall(r"Example: (.*)", command.help or "")]


def test_every_command_has_an_example() -> None:
    without = [path for path, command in commands(cli) if f"Example: {path}" not in (command.help or "")]
    assert without == []


def test_the_list_of_commands_has_the_first_sentence_of_each_help() -> None:
    context = click.Context(cli)
    short_helps = {
        name: command.get_short_help_str(200)
        for name in MODULES
        if (command := cli.get_command(context, name))
    }
    assert short_helps == {name: first_sentence(name) for name in MODULES}


@pytest.mark.skipif(
    tuple(map(int, version("click").split(".")[:2])) < (8, 5),
    reason="click before 8.5 lays out its help otherwise",
)
def test_the_reference_is_what_the_commands_say() -> None:
    assert COMMANDS.read_text() == reference(), "run: make commands"


def fill(storage: hostsdb.Storage) -> None:
    storage.add_host("192.168.1.20", "nas.lan", tags=["lan", "storage"])
    storage.add_host("192.168.1.21", "old.lan", tags=["old"])
    with storage.consuming("audit"):
        pass
    storage.save_snapshot(hostsdb.Snapshot(FILE, 1, snapshot_id=SNAPSHOT, name="before the move"))


@pytest.fixture
def home(templates: Callable[[Fill], Template], tmp_path: Path) -> Iterator[Path]:
    """A folder with the files of the examples."""
    (tmp_path / "hosts").write_text("127.0.0.1 localhost\n")
    (tmp_path / "hosts.csv").write_text("ip_address,hostname\r\n10.0.0.1,csv.lan\r\n")
    with templates(fill).copied("sqlite", tmp_path / "hosts.db"):
        yield tmp_path


@pytest.mark.parametrize("example", [e for e in examples() if "--follow" in e])
def test_example_that_runs_until_it_is_stopped(example: str, home: Path) -> None:
    command = [sys.executable, "-m", "hostsdb", *shlex.split(example)[1:]]
    with subprocess.Popen(
        command, cwd=home, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(("wrote 2 hosts", "copied 2 events"))
        process.kill()


@pytest.mark.parametrize("example", [e for e in examples() if "zone follow" in e])
def test_example_that_waits_for_powerdns(example: str, home: Path) -> None:
    assert hostsdb_command("init", "--with", "dns", cwd=home).returncode == 0
    command = [sys.executable, "-m", "hostsdb", *shlex.split(example)[1:], "--control", "no-socket"]
    with subprocess.Popen(command, cwd=home, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None and process.stderr.readline().endswith("; waiting for PowerDNS\n")
        process.kill()


@pytest.mark.parametrize("example", [e for e in examples() if not re.search("--follow|zone follow", e)])
def test_example(example: str, home: Path, postgres_url: str) -> None:
    # The test replaces postgres://me@localhost/hosts and /etc/hosts.
    line = example.replace("postgres://me@localhost/hosts", postgres_url).replace("/etc/hosts", "hosts")
    if line.startswith("hostsdb rollback"):
        line += " --yes"  # there is no terminal to ask on
    if line.startswith(("hostsdb adopt", "hostsdb rebuild", "hostsdb verify", "hostsdb check")):
        url = ["--url", postgres_url] if postgres_url in line else []
        assert hostsdb_command("init", *url, cwd=home).returncode == 0
    if line.startswith("hostsdb zone"):
        assert hostsdb_command("init", "--with", "dns", cwd=home).returncode == 0
    if line.startswith("hostsdb zone remove"):
        added = ["zone", "add", "lan", "--ns", "ns.lan", "--mail", "hostmaster@lan"]
        assert hostsdb_command(*added, cwd=home).returncode == 0
    if set("|>") & set(line):
        shell(line, home)
    else:
        done = hostsdb_command(*shlex.split(line)[1:], cwd=home)
        is_different = "snapshot diff" in line or "--dry-run" in line
        assert done.returncode == (2 if is_different else 0), done.stderr


def shell(line: str, folder: Path) -> None:
    command = f"{shlex.quote(sys.executable)} -m hostsdb"
    script = f'hostsdb() {{ {command} "$@"; }}\n{line}\n'
    environment = {k: v for k, v in os.environ.items() if k != "HOSTSDB_URL"} | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        start_new_session=True,  # without the terminal of the tests
    )
    assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"


def blocks(language: str) -> list[object]:
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    found = [
        (page, block)
        for page in pages
        for block in re.findall(rf"```{language}\n(.*?)```", page.read_text(), re.S)
    ]
    return [pytest.param(block, id=f"{page.name}-{number}") for number, (page, block) in enumerate(found)]


@pytest.mark.parametrize("block", blocks("python"))
def test_python_in_the_docs(
    block: str, tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = block.replace("postgres://me@localhost/hosts", postgres_url)
    if "Process(" in code:
        run_python(code, tmp_path)
    else:
        monkeypatch.chdir(tmp_path)
        exec(compile(code, "example", "exec"), {"__name__": "__main__"})


def run_python(code: str, tmp_path: Path) -> None:
    """Run code that starts processes in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("block", blocks("sh"))
def test_shell_in_the_docs(block: str, tmp_path: Path, postgres_url: str) -> None:
    (tmp_path / "hosts").write_text("127.0.0.1 localhost\n")
    shell(
        "set -e\n"
        + block.replace("postgres://me@localhost/hosts", postgres_url).replace("/etc/hosts", "hosts"),
        tmp_path,
    )
