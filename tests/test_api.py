"""The library's face: one in both call styles, whole, and there without the drivers."""

import dataclasses
import inspect
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest

import hostsdb
from hostsdb import AsyncStorage, HostEvent, Storage, StorageError, api, errors, model

ROOT = Path(__file__).parent.parent

METHODS = {
    *("backend_name", "initialize", "health_check", "close"),
    *("append_event", "append_events", "append_batch"),
    *("load_events", "get_current_version", "count_events", "events_since", "watch", "consuming"),
    *("list_consumers", "reset_consumer", "remove_consumer", "transaction", "within"),
    *("list_all", "get_by_id", "find_by_ip_and_hostname", "search", "get_at_time"),
    *("save_snapshot", "get_snapshot", "list_snapshots", "delete_snapshot", "apply_retention_policy"),
    *("add_host", "update_host", "delete_host", "create_snapshot", "restore_snapshot"),
}

# Not coroutines: `async with` awaits what they return.
GIVE_A_BLOCK = {"consuming", "within"}

# A module that cannot be imported stands for one that is not installed.
WITHOUT_DRIVERS = """
import sys
for name in ("psycopg", "psycopg_pool", "duckdb"):
    sys.modules[name] = None
import asyncio, hostsdb
"""


def public(kind: type) -> dict[str, object]:
    return {name: value for name, value in vars(kind).items() if not name.startswith("_")}


def test_both_call_styles_have_the_same_names() -> None:
    assert public(Storage).keys() == public(AsyncStorage).keys() >= METHODS
    assert isinstance(vars(Storage)["backend_name"], property)
    assert isinstance(vars(AsyncStorage)["backend_name"], property)


@pytest.mark.parametrize("name", sorted(public(Storage).keys() - {"backend_name"}))
def test_a_method_is_the_same_in_both_call_styles(name: str) -> None:
    plain, awaited = getattr(Storage, name), getattr(AsyncStorage, name)
    one, other = inspect.signature(plain), inspect.signature(awaited)
    assert list(one.parameters.values())[1:] == list(other.parameters.values())[1:]
    assert one.return_annotation == other.return_annotation.replace("Async", "")
    assert (is_awaited(awaited) or name in GIVE_A_BLOCK) and not is_awaited(plain)
    assert plain.__doc__ and awaited.__doc__


def is_awaited(method: Callable[..., object]) -> bool:
    return inspect.iscoroutinefunction(method) or inspect.isasyncgenfunction(inspect.unwrap(method))


def test_connecting_is_the_same_in_both_call_styles() -> None:
    one, other = inspect.signature(hostsdb.connect), inspect.signature(hostsdb.connect_async)
    assert one.parameters == other.parameters
    assert str(one).startswith("(url: 'str | None' = None, *, initialize: 'bool' = True, ")


@pytest.mark.parametrize(
    ("name", "signature"),
    [
        ("append_event", "aggregate_id, event, expected_version=None"),
        ("append_events", "aggregate_id, events, expected_version=None"),
        ("append_batch", "batch"),
        ("search", "filter, limit=None, after=None, *, read_after=None"),
        ("count", "filter=None, *, read_after=None"),
        ("list_snapshots", "limit=None, offset=None"),
        ("apply_retention_policy", "max_count=None, max_age_days=None"),
        (
            "add_host",
            "ip_address, hostname, *, aliases=(), comment=None, tags=(), priority=0, created_by=None",
        ),
    ],
)
def test_arguments_are_those_of_the_design(name: str, signature: str) -> None:
    plain = inspect.signature(getattr(Storage, name))
    bare = [p.replace(annotation=inspect.Parameter.empty) for p in list(plain.parameters.values())[1:]]
    assert str(inspect.Signature(bare)) == f"({signature})"


def test_every_type_and_error_is_exported() -> None:
    types = {name for name, value in vars(model).items() if dataclasses.is_dataclass(value)}
    raised = {n for n, v in vars(errors).items() if isinstance(v, type) and issubclass(v, StorageError)}
    assert types | raised | {"Storage", "AsyncStorage", "connect", "connect_async"} <= set(api.__all__)
    assert all(getattr(hostsdb, name) is not None for name in api.__all__)
    assert all(issubclass(getattr(hostsdb, name), StorageError) for name in raised)


@pytest.mark.parametrize(
    "kind", [v for v in vars(model).values() if dataclasses.is_dataclass(v)], ids=lambda kind: kind.__name__
)
def test_values_are_frozen_and_slotted(kind: type) -> None:
    assert kind.__dataclass_params__.frozen  # type: ignore[attr-defined]
    assert "__slots__" in vars(kind) and not hasattr(object.__new__(kind), "__dict__")


def test_events_are_told_apart_by_type_alone() -> None:
    assert {kind.__name__ for kind in get_args(HostEvent)} == {
        *("HostCreated", "IpAddressChanged", "HostnameChanged", "CommentUpdated"),
        *("TagsModified", "AliasesModified", "PriorityChanged", "HostDeleted", "UnknownEvent"),
    }


@pytest.mark.parametrize(
    ("url", "extra"),
    [("postgres://u:hush@h/d", "postgres"), ("postgresql://h/d", "postgres"), ("duckdb:///x.db", "duckdb")],
)
def test_without_its_driver_an_engine_names_its_extra(url: str, extra: str) -> None:
    program = f"""{WITHOUT_DRIVERS}
for call in (lambda: hostsdb.connect({url!r}), lambda: asyncio.run(hostsdb.connect_async({url!r}))):
    try:
        call()
    except hostsdb.ConnectionFailed as error:
        assert "pip install 'hostsdb[{extra}]'" in str(error), error
        assert isinstance(error.__cause__, ModuleNotFoundError)
    else:
        raise AssertionError("connected")
"""
    run(program)


def test_without_drivers_the_default_engine_works() -> None:
    run(f"""{WITHOUT_DRIVERS}
with hostsdb.connect("sqlite://:memory:") as storage:
    storage.add_host("10.0.0.1", "a")
    assert [entry.hostname for entry in storage.list_all()] == ["a"]
""")


def test_reading_brings_in_nothing_that_is_slow_to_import(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/hosts.db"
    hostsdb.connect(url).close()
    run(f"""
import sys, hostsdb
with hostsdb.connect("{url}") as storage:
    storage.list_all()
slow = ("psycopg", "psycopg_pool", "duckdb", "yoyo", "click", "rich", "idna", "asyncio", "ulid")
assert not set(slow) & set(sys.modules), set(slow) & set(sys.modules)
""")


@pytest.mark.parametrize("engine", ["postgres", "duckdb", "sqlite"])
def test_yoyo_is_imported_only_when_migrations_are_applied(
    engine: str, request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue(f"current_{engine}_url")
    run(f"""
import sys
from tests.support.command import hostsdb_command
for arguments in ("init", "list", "status", "check", "verify", "health", "add 10.0.0.1 nas.lan", "export -"):
    done = hostsdb_command(*arguments.split(), HOSTSDB_URL="{url}")
    assert done.returncode == 0, (arguments, done)
assert "yoyo" not in sys.modules
assert hostsdb_command("sql", HOSTSDB_URL="{url}").returncode == 0
assert "yoyo" in sys.modules
""")


def run(program: str) -> None:
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], cwd=ROOT, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("dialect", ["sqlite", "duckdb"])
def test_a_database_in_memory_ends_with_its_storage(dialect: str) -> None:
    for _ in range(2):
        with hostsdb.connect(f"{dialect}://:memory:") as storage:
            assert storage.list_all() == []
            assert [storage.add_host("10.0.0.1", "a")] == storage.list_all()
        storage.close()  # once more does nothing
