"""An operation as a method of Storage or AsyncStorage, with the operation's arguments and documentation."""

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
_Method = TypeVar("_Method", bound=Callable[..., Any])
_Sync = Callable[Concatenate[Any, P], T]
_Async = Callable[Concatenate[Any, P], Coroutine[Any, Any, T]]

# These read their argument as a stream. They run once.
_STREAMING: set[Callable[..., Any]] = {importing.import_hosts, importing.plan_import}


def method(operation: Callable[P, Operation[T]]) -> _Sync[P, T]:
    """Return the method that runs an operation on the storage's engine."""

    def call(self: Any, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return run(self._database.engine, _bound(operation, args, kwargs))

    return _documented(call, operation)


def async_method(operation: Callable[P, Operation[T]]) -> _Async[P, T]:
    """Return the same for asyncio."""

    async def call(self: Any, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await run_async(self._database.engine, _bound(operation, args, kwargs))

    return _documented(call, operation)


def read(operation: Callable[P, Operation[T]]) -> _Sync[P, T]:
    """Return the method that runs an operation on the storage's standby, if it has one."""

    def call(self: Any, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self._reader.read(partial(operation, *args, **kwargs))  # type: ignore[no-any-return]

    return _documented(call, operation)


def async_read(operation: Callable[P, Operation[T]]) -> _Async[P, T]:
    """Return the same for asyncio."""

    async def call(self: Any, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._reader.read(partial(operation, *args, **kwargs))  # type: ignore[no-any-return]

    return _documented(call, operation)


def _documented(call: _Method, operation: Callable[..., Any]) -> _Method:
    """Return a method with the operation's name, documentation and signature. It returns the operation's result."""
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
    """Return an operation with its arguments. A retry gets the same arguments."""
    if operation in _STREAMING:
        return partial(operation, *args, **kwargs)
    named = {name: _materialized(value) for name, value in kwargs.items()}
    return partial(operation, *map(_materialized, args), **named)


def _materialized(argument: Any) -> Any:
    """Return an argument with each iterator, at any depth, as a list."""
    if isinstance(argument, Iterator | list | tuple):
        return [_materialized(item) for item in argument]
    return argument
