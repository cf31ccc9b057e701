"""The commands that tests of the schema run, in this process."""

import json
from typing import Any

import click
from click.testing import CliRunner, Result

from hostsdb.cli.commands.check import check_command
from hostsdb.cli.commands.schema import init_command
from hostsdb.cli.options import open_url


def run(command: click.Command, url: str, *arguments: str) -> Result:
    return CliRunner().invoke(command, ["--url", url, *arguments])


def initialize(url: str) -> None:
    assert run(init_command, url).exit_code == 0


def execute(url: str, statements: str) -> None:
    with open_url(url, "nothing") as database, database.exclusive() as connection:
        (connection.executescript if database.url.dialect == "sqlite" else connection.execute)(statements)


def check(url: str, exit_code: int) -> Any:
    done = run(check_command, url, "--json")
    assert done.exit_code == exit_code, done.output
    return json.loads(done.stdout)
