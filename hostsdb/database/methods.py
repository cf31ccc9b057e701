"""An operation as a method of Storage and AsyncStorage, with the operation's arguments and documentation."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Coroutine, Iterator
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar, overload

from hostsdb.engines.calls import finish, finish_async
from hostsdb.operations import importing
from hostsdb.operations.steps import Operation

P = ParamSpec("P")
T = TypeVar("T")
_Call = Callable[..., Any]

# These read their argument as a stream. They run once.
_STREAMING: set[_Call] = {importing.import_hosts, importing.plan_import}


class Synchronous:
    """The call style of Storage."""


class Asynchronous:
    """The call style of AsyncStorage."""


class Method(Generic[P, T]):
    """An operation that becomes a method of both classes, by `add_methods`.

    Arguments:
        operation: the operation.
        reads: run it on the standby, if there is one.
    """

    def __init__(self, operation: Callable[P, Operation[T]], *, reads: bool = False) -> None:
        self.operation = operation
        self.bound = partial if reads or operation in _STREAMING else _bound
        self.reads = reads

    if TYPE_CHECKING:

        @overload
        def __get__(self, storage: Synchronous, owner: object) -> Callable[P, T]: ...
        @overload
        def __get__(self, storage: Asynchronous, owner: object) -> Callable[P, Coroutine[Any, Any, T]]: ...
        def __get__(self, storage: Any, owner: object) -> Any: ...


def add_methods(storage: type, methods: type) -> None:
    """Give a class the methods of another one, in the call style of the class."""
    make = _method if issubclass(storage, Synchronous) else _async_method
    for name, method in vars(methods).items():
        if isinstance(method, Method):
            setattr(storage, name, _documented(make(method), method.operation))


def _method(method: Method[..., Any]) -> _Call:
    operation, bound = method.operation, method.bound

    def call(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        return self._database.run(bound(operation, *args, **kwargs))

    def read(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        reading = bound(operation, *args, **kwargs)
        if self._database.standby is None:
            return self._database.run(reading)
        return finish(self._reader.read(reading))

    return read if method.reads else call


def _async_method(method: Method[..., Any]) -> _Call:
    operation, bound = method.operation, method.bound

    async def call(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        return await self._database.run(bound(operation, *args, **kwargs))

    async def read(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        reading = bound(operation, *args, **kwargs)
        if self._database.standby is None:
            return await self._database.run(reading)
        return await finish_async(self._reader.read(reading))

    return read if method.reads else call


def _documented(call: _Call, operation: _Call) -> _Call:
    """Return a method with the operation's name, documentation and signature. It returns the operation's result."""
    documented = wraps(operation)(call)
    signature = inspect.signature(operation)
    itself = inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)
    result = str(signature.return_annotation).removeprefix("Operation[").removesuffix("]")
    documented.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=[itself, *signature.parameters.values()], return_annotation=result
    )
    return documented


def _bound(operation: _Call, /, *args: Any, **kwargs: Any) -> _Call:
    """Return an operation with its arguments. A retry gets the same arguments."""
    named = {name: _materialized(value) for name, value in kwargs.items()}
    return partial(operation, *map(_materialized, args), **named)


def _materialized(argument: Any) -> Any:
    """Return an argument with each iterator, at any depth, as a list."""
    if isinstance(argument, Iterator | list | tuple):
        return [_materialized(item) for item in argument]
    return argument
