"""A token of the state of the hosts, for readers that only need to know whether the hosts have changed."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from datetime import datetime
from typing import Any

from hostsdb.columns import moment
from hostsdb.errors import InvalidData
from hostsdb.operations.reading import refuse_subscriber
from hostsdb.operations.steps import Operation, run

# The state of an empty log.
_EMPTY = (None, None, None, None, None, False)
# The text of PostgreSQL's pg_snapshot.
_SNAPSHOT = re.compile(r"\d+:\d+:[\d,]*")


def state_token(before: str | None = None) -> Operation[str]:
    """Return a text that stands for the current hosts. It is another text after each commit that changes them.

    Unlike `log_end` and `watch` it does not wait for open transactions. If a failover or a restore loses events, that
    changes it too.

    Arguments:
        before: an earlier token. It is returned if the hosts have not changed since.
    Raises:
        InvalidData: `before` is not a token.
        QueryFailed: the database is a subscriber of logical replication.
    """
    earlier = _parsed(before)
    if before is None:
        yield from refuse_subscriber()
    found = yield from run("state_token", snapshot=earlier[-1] if earlier else None)
    *state, is_late = found[0] if found else _EMPTY
    # The snapshot of an earlier token is kept: the transactions that were open then are those that may still commit.
    if before is not None and state[:-1] == earlier[:-1] and not is_late:
        return before
    return json.dumps(state)


def last_change() -> Operation[datetime | None]:
    """Return the latest `created_at` of all committed events; None if there is none. It waits for no transaction."""
    ((latest,),) = yield from run("newest_time")
    return None if latest is None else moment(latest)


def _parsed(token: str | None) -> list[Any]:
    if token is None:
        return []
    with suppress(ValueError):
        parts = json.loads(token)
        if isinstance(parts, list) and len(parts) == 5 and _is_snapshot(parts[-1]):
            return parts
    raise InvalidData("this is no token that state_token or watch_state returned")


def _is_snapshot(part: Any) -> bool:
    return part is None or (isinstance(part, str) and _SNAPSHOT.fullmatch(part) is not None)
