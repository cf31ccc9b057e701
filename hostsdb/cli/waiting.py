"""Retries for commands that run until they are stopped."""

from __future__ import annotations

import time
from collections.abc import Callable

import click

from hostsdb import ConnectionFailed

# Between two attempts, in seconds. Each attempt already waits for acquire_timeout.
_PAUSE = 1.0


def retry_forever(
    attempt: Callable[[], None], errors: tuple[type[Exception], ...] = (ConnectionFailed,)
) -> None:
    """Call `attempt` until it returns. After one of the errors, print it and call again."""
    while True:
        try:
            return attempt()
        except BrokenPipeError:
            raise
        except errors as error:
            click.echo(f"hostsdb: {error}; trying again", err=True)
            time.sleep(_PAUSE)
