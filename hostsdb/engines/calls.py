"""Code for both call styles, written once as a generator.

The generator yields what it calls. A blocking function has returned its result then; a coroutine is awaited.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, TypeVar

T = TypeVar("T")
Calls = Generator[Any, Any, T]


def finish(calls: Calls[T]) -> T:
    """Run a generator that calls blocking functions."""
    result = None
    try:
        while True:
            result = calls.send(result)
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return]
    finally:
        calls.close()  # after Ctrl-C between two calls


async def finish_async(calls: Calls[T]) -> T:
    """Run a generator that calls coroutine functions."""
    try:
        coroutine = next(calls)
        while True:
            try:
                result = await coroutine
            except BaseException as error:
                coroutine = calls.throw(error)
            else:
                coroutine = calls.send(result)
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return]
