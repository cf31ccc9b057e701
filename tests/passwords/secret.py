"""What the tests of passwords share: one that is hard to hide, and all that an error says."""

from __future__ import annotations

import traceback
from urllib.parse import quote

from hostsdb import StorageError

SECRET = "hush/hush@50%"
ENCODED = quote(SECRET, safe="")


def all_of(error: BaseException) -> str:
    """Return all that is printed of an error: its chain, each one's text and repr; of ours the attributes too."""
    chain: list[BaseException | None] = [error]
    while (last := chain[-1]) is not None:
        chain.append(last.__cause__ or last.__context__)
    words = [f"{x} {x!r} {x.args!r}" for x in chain if x is not None]
    words += [repr(vars(x)) for x in chain if isinstance(x, StorageError)]
    return "\n".join([*words, *traceback.format_exception(error)])
