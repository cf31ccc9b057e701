"""The SQL files: where they are, and the parameter style of each driver."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from hostsdb.url import Dialect

# `:name`, but not the second half of a cast `::name`.
PLACEHOLDER = re.compile(r"(?<![:\w]):([a-z_]+)\b")
_COMMENT = re.compile(r"^\s*--.*\n", re.MULTILINE)
_WRITES = re.compile(r"\b(?:INSERT|UPDATE|DELETE|TRUNCATE|CREATE|DROP|ALTER|COMMIT)\b")
_DRIVER_STYLE = {"postgres": r"%(\1)s", "duckdb": r"$\1", "sqlite": r":\1"}


@dataclass(frozen=True, slots=True)
class Sql:
    """One statement in its driver's parameter style.

    Attributes:
        text: the statement.
        parameters: the names of its parameters.
        writes: whether it may store something if it is a transaction of its own.
    """

    text: str
    parameters: frozenset[str]
    writes: bool

    @property
    def commits(self) -> bool:
        """Whether it is a COMMIT."""
        return self.text.startswith("COMMIT")


def resource_folder(name: str) -> Traversable:
    """Return the folder `sql` or `migrations`: inside the installed package, or next to it in a checkout."""
    package = files("hostsdb")
    installed = package / name
    return installed if installed.is_dir() else package / ".." / name


def load_text(dialect: Dialect, name: str) -> str:
    """Return the text of `sql/<dialect>/<name>.sql`, or of `sql/common/<name>.sql` if there is no such file.

    Arguments:
        dialect: the engine.
        name: the file's name; it never comes from a caller of the library.
    """
    folder = resource_folder("sql")
    file = folder / dialect / f"{name}.sql"
    if not file.is_file():
        file = folder / "common" / f"{name}.sql"
    return _COMMENT.sub("", file.read_text("utf-8")).strip()


@cache
def load(dialect: Dialect, name: str) -> Sql:
    """Return the statement in the parameter style of the dialect's driver."""
    text = load_text(dialect, name)
    parameters = frozenset(PLACEHOLDER.findall(text))
    if dialect == "postgres" and parameters:
        text = text.replace("%", "%%")
    return Sql(PLACEHOLDER.sub(_DRIVER_STYLE[dialect], text), parameters, _WRITES.search(text) is not None)
