"""The role and the database of docs/clusters.md, created by an administrator who is no superuser, as in a cloud."""

import psycopg
import pytest

import hostsdb
from tests.cluster.page import block
from tests.support.postgres_process import PASSWORD, postgres_process
from tests.support.postgres_standby import ask

pytestmark = pytest.mark.faults


def test_the_role_of_the_page_can_initialize_its_database() -> None:
    with postgres_process() as server:
        ask(server.url, f"CREATE ROLE admin LOGIN CREATEROLE CREATEDB PASSWORD '{PASSWORD}'")
        as_admin = server.url.replace("//postgres:", "//admin:")
        with psycopg.connect(as_admin, autocommit=True) as admin:
            for statement in block("roles").split(";"):
                if statement.strip():
                    admin.execute(statement)
        url = f"postgres://hosts:its-password@127.0.0.1:{server.port}/hosts"
        with hostsdb.connect(url) as storage:
            storage.add_host("10.0.0.1", "nas.lan")
            assert [entry.hostname for entry in storage.list_all()] == ["nas.lan"]
