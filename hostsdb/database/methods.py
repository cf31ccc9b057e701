"""An operation as a method of Storage or AsyncStorage, with the operation's own arguments and documentation."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Coroutine, Iterator
from functools import partial, wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from hostsdb.database.driver import run, run_async
from hostsdb.operations import importing
from hostsdb.operations.steps import Operation

P = ParamSpec("P")
T = TypeVar("T")

# What reads its argument as a stream, and is therefore run once.
_STREAMING: set[Callable[..., Any]] = {importing.import_hosts, importing.plan_import}


def method(operation: Callable[P, Operation[T]]) -> Callable[Concatenate[Any, P], T]:
    """Return the method that runs an operation on the storage's engine."""

    def call(self: Any, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return run(self._database.engine, _bound(operation, args, kwargs))

    return _documented(call, operation)


def async_method(
    operation: Callable[P, Operation[T]],
) -> Callable[Concatenate[Any, P], Coroutine[Any, Any, T]]:
    """The same, awaited."""

    async def call(self: Any, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await run_async(self._database.engine, _bound(operation, args, kwargs))

    return _documented(call, operation)


def read(operation: Callable[P, Operation[T]]) -> Callable[Concatenate[Any, P], T]:
    """Return the method that runs an operation on the storage's standby, if it has one."""

    def call(self: Any, /, *args: P.args, **kwargs: P.kwargs) -> T:
        answer: T = self._reader.read(partial(operation, *args, **kwargs))
        return answer

    return _documented(call, operation)


def async_read(
    operation: Callable[P, Operation[T]],
) -> Callable[Concatenate[Any, P], Coroutine[Any, Any, T]]:
    """The same, awaited."""

    async def call(self: Any, /, *args: P.args, **kwargs: P.kwargs) -> T:
        answer: T = await self._reader.read(partial(operation, *args, **kwargs))
        return answer

    return _documented(call, operation)


_Method = TypeVar("_Method", bound=Callable[..., Any])


def _documented(call: _Method, operation: Callable[..., Any]) -> _Method:
    """Return a method with the operation's name, documentation, and signature: it returns what the operation does."""
    documented = wraps(operation)(call)
    signature = inspect.signature(operation)
    itself = inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)
    result = str(signature.return_annotation).removeprefix("Operation[").removesuffix("]")
    documented.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=[itself, *signature.parameters.values()], return_annotation=result
    )
    return documented  # type: ignore[return-value]


def _bound(
    operation: Callable[..., Operation[T]], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Callable[[], Operation[T]]:
    """Return an operation with its arguments, which a second try finds as the first did."""
    if operation in _STREAMING:
        return partial(operation, *args, **kwargs)
    return partial(
        operation, *map(_materialized, args), **{name: _materialized(value) for name, value in kwargs.items()}
    )


def _materialized(argument: Any) -> Any:
    """Return an argument with what can be read once, at whatever depth, as a list."""
    if isinstance(argument, Iterator | list | tuple):
        return [_materialized(item) for item in argument]
    return argument
