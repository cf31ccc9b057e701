"""The wheel and the sdist, built and installed as a user would, away from the checkout."""

import email
import email.policy
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from readme_renderer import markdown

import hostsdb
from tools.long_description import long_description

ROOT = Path(__file__).parent.parent
Install = Callable[[str], Path]

A_USERS_CODE = """
import hostsdb

with hostsdb.connect() as storage:
    reveal_type(storage.list_all())
    reveal_type(storage.get_by_id("x"))
"""


def run(*command: str | Path, code: int = 0, **where: Any) -> "subprocess.CompletedProcess[str]":
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=300, **where)
    assert done.returncode == code, f"{done.stdout}{done.stderr}"
    return done


def build(kind: str, source: Path, target: Path) -> Path:
    """Build a `wheel` or an `sdist`; return the file."""
    # By the back end itself: a front end would fetch it once more.
    run(sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", target, cwd=source)
    return next(file for file in target.iterdir() if file.is_file())


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist in `sdist/`, and a wheel each in `from-tree/` and `from-sdist/`."""
    folder = tmp_path_factory.mktemp("built")
    with tarfile.open(build("sdist", ROOT, folder / "sdist")) as archive:
        archive.extraction_filter = getattr(tarfile, "data_filter", None)  # Python before 3.11.4 has none
        archive.extractall(folder / "unpacked")
    build("wheel", ROOT, folder / "from-tree")
    build("wheel", next((folder / "unpacked").iterdir()), folder / "from-sdist")
    return folder


@pytest.fixture(scope="session")
def wheel(built: Path) -> Path:
    """The wheel that a user gets."""
    return next((built / "from-sdist").glob("*.whl"))


@pytest.fixture
def install(wheel: Path, tmp_path: Path) -> Install:
    """What installs the wheel with extras, as in "[duckdb]", into a new environment, and gives its programs' folder."""

    def install(extras: str) -> Path:
        environment = tmp_path / "environment"
        run(sys.executable, "-m", "venv", environment)
        pip = environment / "bin" / "pip"
        requirement = f"hostsdb{extras} @ {wheel.as_uri()}"
        run(pip, "install", "--quiet", "--disable-pip-version-check", requirement, cwd=tmp_path)
        return environment / "bin"

    return install


def contents(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def tracked(*folders: str) -> set[str]:
    """Return the files of folders, relative to the checkout, without what tools leave there."""
    files = (file for folder in folders for file in (ROOT / folder).rglob("*"))
    return {str(f.relative_to(ROOT)) for f in files if f.is_file() and "__pycache__" not in f.parts}


def test_the_sdist_makes_the_same_wheel(built: Path) -> None:
    from_tree, from_sdist = (next((built / made).glob("*.whl")) for made in ("from-tree", "from-sdist"))
    assert from_tree.name == from_sdist.name == f"hostsdb-{hostsdb.__version__}-py3-none-any.whl"
    assert contents(from_tree) == contents(from_sdist)
    assert from_tree.read_bytes() == from_sdist.read_bytes()  # reproducible


def test_the_wheel_has_the_package_with_its_sql_and_nothing_else(wheel: Path) -> None:
    files = {name for name in contents(wheel) if ".dist-info/" not in name}
    assert files == tracked("hostsdb") | {f"hostsdb/{name}" for name in tracked("sql", "migrations")}
    assert {"hostsdb/py.typed", "hostsdb/sql/common/list_all.sql"} <= files


def test_the_sdist_has_what_it_takes_and_no_tests(built: Path) -> None:
    with tarfile.open(next((built / "sdist").iterdir())) as archive:
        files = {name.partition("/")[2] for name in archive.getnames()}
    rest = files - tracked("hostsdb", "sql", "migrations", "docs")
    assert rest == {
        *("CHANGELOG.md", "LICENSE", "PKG-INFO", "README.md", "SECURITY.md", "pyproject.toml", ".gitignore"),
        "tools/long_description.py",
    }


def test_the_unpacked_sdist_works_where_it_is(built: Path, tmp_path: Path) -> None:
    (folder,) = (built / "unpacked").iterdir()
    environment = os.environ | {"HOSTSDB_URL": f"sqlite:///{tmp_path}/hosts.db", "PYTHONPATH": str(folder)}
    for arguments in (["init"], ["add", "10.0.0.1", "nas.lan"], ["verify"]):
        run(sys.executable, "-m", "hostsdb", *arguments, cwd=tmp_path, env=environment)
    where = "import hostsdb; print(hostsdb.__file__)"
    assert run(sys.executable, "-c", where, cwd=tmp_path, env=environment).stdout.startswith(str(folder))


def test_the_base_needs_no_driver_and_no_test_tool(wheel: Path) -> None:
    [metadata] = (text for name, text in contents(wheel).items() if name.endswith("/METADATA"))
    requirements = email.message_from_bytes(metadata).get_all("Requires-Dist", [])
    base = [requirement for requirement in requirements if "extra ==" not in requirement]
    assert base and not any(word in " ".join(base) for word in ("psycopg", "duckdb", "pytest"))


def described(metadata: bytes) -> str:
    """Return the long description as the package index shows it."""
    message = email.message_from_bytes(metadata, policy=email.policy.default)
    assert message["Description-Content-Type"] == "text/markdown" and message["Summary"]
    return rendered(message.get_content())


def rendered(description: str) -> str:
    warnings = io.StringIO()
    html = markdown.render(description, stream=warnings)
    assert html and not warnings.getvalue()
    return str(html)


def addresses(html: str) -> list[str]:
    found = re.findall(r"""(?:href|src)=["']([^"']*)["']""", html)
    return [address for address in found if not address.startswith("#")]


def test_the_package_index_shows_the_readme_without_a_link_that_leads_nowhere(
    wheel: Path, built: Path
) -> None:
    [metadata] = (text for name, text in contents(wheel).items() if name.endswith("/METADATA"))
    html = described(metadata)
    [of_the_sdist] = (built / "unpacked").glob("*/PKG-INFO")
    assert described(of_the_sdist.read_bytes()) == html
    assert "make run" in html and "<table>" in html
    assert [address for address in addresses(html) if not address.startswith("https://")] == []


def test_with_an_address_every_link_of_the_readme_leads_to_a_file() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    found = addresses(rendered(long_description(readme, "https://page/{path}", "https://image/{path}")))
    files = [re.sub("https://(page|image)/", "", address) for address in found]
    assert files and [file for file in files if not (ROOT / file).exists()] == []
    images = [address for address in found if address.endswith(".svg")]
    assert all(address.startswith("https://image/") for address in images)


def outside(folder: Path) -> dict[str, str]:
    """Return an environment in which nothing leads back to the checkout."""
    kept = {
        k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "HOSTSDB", "VIRTUAL_ENV", "COV"))
    }
    return kept | {"HOME": str(folder), "COLUMNS": "200"}


# Each fetches what it installs, which takes as long as the network does.
@pytest.mark.faults
@pytest.mark.parametrize(
    ("extras", "engines"),
    [
        ("", ["sqlite"]),
        ("[postgres]", ["sqlite", "postgres"]),
        ("[duckdb]", ["sqlite", "duckdb"]),
        ("[all]", ["sqlite", "duckdb", "postgres"]),
    ],
)
def test_an_installation_works_on_its_engines_and_names_the_others_extra(
    install: Install, extras: str, engines: list[str], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    programs = install(extras)
    for engine in ("sqlite", "duckdb", "postgres"):
        url = str(request.getfixturevalue(f"{engine}_url"))
        where: dict[str, Any] = {"cwd": tmp_path, "env": outside(tmp_path) | {"HOSTSDB_URL": url}}
        if engine in engines:
            use(programs, where)
        else:
            refused = run(programs / "hostsdb", "init", code=1, **where)
            assert refused.stderr.endswith(f" needs its driver: pip install 'hostsdb[{engine}]'\n")


def use(programs: Path, where: dict[str, Any]) -> None:
    lan = where["cwd"] / "lan.hosts"
    shutil.copy(ROOT / "examples" / "lan.hosts", lan)
    run(programs / "hostsdb", "init", **where)
    run(programs / "hostsdb", "import", lan.name, code=1, **where)  # two of its lines are bad on purpose
    assert run(programs / "hostsdb", "check", **where).stdout
    listed = json.loads(run(programs / "python", "-m", "hostsdb", "list", "--json", **where).stdout)
    assert "nas.lan" in [host["hostname"] for host in listed]


@pytest.mark.faults
def test_a_user_has_the_installed_package_with_its_version_and_types(
    install: Install, tmp_path: Path
) -> None:
    programs = install("")
    where: dict[str, Any] = {"cwd": tmp_path, "env": outside(tmp_path)}
    assert (
        run(programs / "hostsdb", "--version", **where).stdout == f"hostsdb, version {hostsdb.__version__}\n"
    )
    place = run(programs / "python", "-c", "import hostsdb; print(hostsdb.__file__)", **where).stdout
    assert place.startswith(str(programs.parent))
    (tmp_path / "users.py").write_text(A_USERS_CODE)
    mypy: list[str | Path] = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--python-executable",
        programs / "python",
    ]
    checked = run(*mypy, "users.py", **where).stdout
    assert 'list[hostsdb.model.hosts.HostEntry]"' in checked and "Success: no issues found" in checked
