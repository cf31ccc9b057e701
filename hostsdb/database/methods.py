"""An operation as a method of Storage and AsyncStorage, with the operation's arguments and documentation."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Coroutine
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar, cast, overload

from hostsdb.arguments import Arguments
from hostsdb.engines.calls import finish, finish_async
from hostsdb.operations import importing
from hostsdb.operations.steps import Operation

P = ParamSpec("P")
T = TypeVar("T")
_Call = Callable[..., Any]
_Function = TypeVar("_Function", bound=Callable[..., Any])

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
        appends: it begins with an append; see Database.run_append.
    """

    def __init__(
        self, operation: Callable[P, Operation[T]], *, reads: bool = False, appends: bool = False
    ) -> None:
        self.operation = operation
        self.arguments: Arguments = Arguments(operation, streams=operation in _STREAMING)
        self.reads = reads
        self.appends = appends

    def bound(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> _Call:
        """Return the operation with its arguments, once they are checked. A retry gets the same arguments."""
        checked, named = self.arguments.checked(args, kwargs)
        return partial(self.operation, *checked, **named)

    if TYPE_CHECKING:

        @overload
        def __get__(self, storage: Synchronous, owner: object) -> Callable[P, T]: ...
        @overload
        def __get__(self, storage: Asynchronous, owner: object) -> Callable[P, Coroutine[Any, Any, T]]: ...
        def __get__(self, storage: Any, owner: object) -> Any: ...


def add_methods(storage: type, methods: type) -> None:
    """Give a class the methods of another one, in the call style of the class. Check the arguments of all methods."""
    for name, method in list(vars(storage).items()):
        if inspect.isfunction(method) and not name.startswith("_"):
            setattr(storage, name, checked(method))
    make = _method if issubclass(storage, Synchronous) else _async_method
    for name, method in vars(methods).items():
        if isinstance(method, Method):
            setattr(storage, name, _documented(make(method), method.operation, storage))


def _method(method: Method[..., Any]) -> _Call:
    def call(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        return self._database.run(method.bound(args, kwargs))

    def append(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        return self._database.run_append(method.bound(args, kwargs))

    def read(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        reading = method.bound(args, kwargs)
        if self._database.standby is None:
            return self._database.run(reading)
        return finish(self._reader.read(reading))

    return append if method.appends else read if method.reads else call


def _async_method(method: Method[..., Any]) -> _Call:
    async def call(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        return await self._database.run(method.bound(args, kwargs))

    async def read(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        reading = method.bound(args, kwargs)
        if self._database.standby is None:
            return await self._database.run(reading)
        return await finish_async(self._reader.read(reading))

    return read if method.reads else call


def _documented(call: _Call, operation: _Call, storage: type) -> _Call:
    """Return a method with the operation's name, documentation and signature. It returns the operation's result."""
    documented = wraps(operation)(call)
    # It is a method of its own: tools that follow these to the operation would show that it returns a generator.
    del documented.__wrapped__
    documented.__module__, documented.__qualname__ = (
        storage.__module__,
        f"{storage.__qualname__}.{call.__name__}",
    )
    signature = inspect.signature(operation)
    itself = inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)
    result = str(signature.return_annotation).removeprefix("Operation[").removesuffix("]")
    documented.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=[itself, *signature.parameters.values()], return_annotation=result
    )
    return documented


def checked(function: _Function) -> _Function:
    """Return a function that checks its arguments first."""
    arguments = Arguments(function)

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        given, named = arguments.checked(args, kwargs)
        return function(*given, **named)

    @wraps(function)
    async def call_async(*args: Any, **kwargs: Any) -> Any:
        given, named = arguments.checked(args, kwargs)
        return await function(*given, **named)

    return cast(_Function, call_async if inspect.iscoroutinefunction(function) else call)
