"""How the catalogue of a database differs from the catalogue that the migrations make."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher

from hostsdb.errors import escaped

# The key is an object's kind and name, for example "view host_entries_current"; the value is its definition.
# The name of a part begins with the name of its table, view, sequence or function: "column host_events.comment".
# The parts of the schema itself begin with "schema".
Catalogue = Mapping[str, str]

# The parts of these kinds are compared in both directions: one that no migration makes is a difference.
_CLOSED_KINDS = ("column", "constraint", "trigger", "rule", "policy", "grant", "setting")
_WITH_PARTS = ("table", "view", "sequence", "function")

# The names of the objects in the schema of the name server begin with it: "column dns.zones.name".
_DNS = "dns."

_MOST_SHOWN = 100  # characters of a definition in a message


def differences(expected: Catalogue, actual: Catalogue) -> list[str]:
    """Return a line for each object of our schema that is missing or differs, or that no migration makes.

    Differences in white space are ignored. Other applications may keep objects in the same schema, and any database
    may have additional indexes that are not unique.
    """
    return [*_missing_or_different(expected, actual), *_added(expected, actual), *_owners(expected, actual)]


def _missing_or_different(expected: Catalogue, actual: Catalogue) -> Iterator[str]:
    missing = _missing(expected, actual)
    for key, definition in expected.items():
        if key in actual:
            expected_words, actual_words = definition.split(), actual[key].split()
            if expected_words != actual_words:
                yield f"{key} {_describe(expected_words, actual_words)}"
        elif _owner_of_part(key) not in missing:
            yield f"{key} is missing"


def _added(expected: Catalogue, actual: Catalogue) -> Iterator[str]:
    ours = {_name(key) for key in expected if key.split(" ", 1)[0] in _WITH_PARTS}
    ours = (ours | {"schema"}) - _missing(expected, actual)
    callables = {_callable(key) for key in expected} - {""}
    for key in sorted(actual.keys() - expected.keys()):
        kind = key.split(" ", 1)[0]
        closed = kind in _CLOSED_KINDS or actual[key].startswith("CREATE UNIQUE INDEX")
        if (closed and _owner_of_part(key) in ours) or _callable(key) in callables or _hides_built_in(key):
            yield f"{key} is in no migration"


def _owners(expected: Catalogue, actual: Catalogue) -> Iterator[str]:
    """Yield a line for each object whose owner is not the owner of most objects."""
    owners = {key: actual[f"owner {key}"] for key in expected if f"owner {key}" in actual}
    usual = Counter(owners.values()).most_common(1)
    for key, owner in owners.items():
        if owner != usual[0][0]:
            yield f"{key} belongs to {owner}, most other objects to {usual[0][0]}"


def _missing(expected: Catalogue, actual: Catalogue) -> set[str]:
    return {_name(key) for key in expected.keys() - actual.keys()}


def _name(key: str) -> str:
    return key.split(" ", 1)[1]


def _owner_of_part(key: str) -> str:
    """Return the name of the object that this one is a part of; "" if it is no part."""
    schema = _DNS if _name(key).startswith(_DNS) else ""
    name, dot, _ = _name(key).removeprefix(schema).partition(".")
    return f"{schema}{name}" if dot else ""


def _callable(key: str) -> str:
    """Return the kind and the name of a function or macro without its parameters; "" for other objects.

    One with the same name and other parameters can be called instead of ours.
    """
    name, parenthesis, _ = key.partition("(")
    return name if parenthesis and key.startswith(("function ", "macro ")) else ""


def _hides_built_in(key: str) -> bool:
    return key.startswith("macro schema.")


def _describe(expected: list[str], actual: list[str]) -> str:
    """Return how two definitions differ: both definitions if they are short, else the first difference."""
    if max(len(" ".join(expected)), len(" ".join(actual))) <= _MOST_SHOWN:
        return f"has {_shown(actual)}, expected {_shown(expected)}"
    steps = SequenceMatcher(None, expected, actual, autojunk=False).get_opcodes()
    _, start, end, actual_start, actual_end = next(step for step in steps if step[0] != "equal")
    return f"differs: has {_shown(actual[actual_start:actual_end])}, expected {_shown(expected[start:end])}"


def _shown(words: list[str]) -> str:
    return f"`{escaped(' '.join(words), _MOST_SHOWN)}`" if words else "nothing"
