"""Going on after the database was away."""

from __future__ import annotations

import time
from collections.abc import Callable

import click

from hostsdb import ConnectionFailed

# Between two attempts, in seconds. Each of them has waited for acquire_timeout already.
_PAUSE = 1.0


def retry_forever(
    go_on: Callable[[], None], errors: tuple[type[Exception], ...] = (ConnectionFailed,)
) -> None:
    """Call until it returns; where the database is away, or for another of the errors, say so and call again."""
    while True:
        try:
            return go_on()
        except BrokenPipeError:
            raise
        except errors as error:
            click.echo(f"hostsdb: {error}; trying again", err=True)
            time.sleep(_PAUSE)
