"""A forked child must not use what its parent has open: both would talk on one socket, or hold one lock.

What is open registers here. After a fork the child gives up its copies without closing them, because closing would end
the parent's sessions.
"""

from __future__ import annotations

import os
from typing import Any
from weakref import WeakSet

from hostsdb.errors import ConnectionFailed
from hostsdb.operations.steps import Load, Statement

# How long a fork waits for the running operation of another thread, in seconds.
FORK_TIMEOUT = 1.0

_opened: WeakSet[Any] = WeakSet()


class ProcessBound:
    """Something open that only the process that opened it may use."""

    def bind(self) -> None:
        """Bind it to this process. A forked child gives up its copy."""
        self.remember_process()
        _opened.add(self)

    def remember_process(self) -> None:
        """Only bind it to this process. A connection of the caller's own is the caller's to give up."""
        self._process = os.getpid()

    @property
    def is_inherited(self) -> bool:
        """Whether a parent of this process has opened it."""
        return os.getpid() != self._process

    def check_process(self) -> None:
        """Raise ConnectionFailed if a parent of this process has opened it."""
        if self.is_inherited:
            raise ConnectionFailed(
                "this storage was opened before this process was forked, and only the parent process can use it; "
                "connect after the fork"
            )

    def forget(self) -> None:
        """Do nothing at forks from now on."""
        _opened.discard(self)

    def leaves_out(self, step: Statement | Load) -> bool:
        """Return whether a child leaves out a step: the rollback of a transaction, which is the parent's.

        Raises:
            ConnectionFailed: a child would run another step.
        """
        if not self.is_inherited:
            return False
        if step.name != "rollback":
            self.check_process()
        return True

    def before_fork(self) -> None:
        """Get ready for a fork."""

    def after_fork_in_parent(self) -> None:
        """Go on after a fork."""

    def after_fork_in_child(self) -> None:
        """Give up the child's copy."""


def give_up_socket(descriptor: int) -> None:
    """Replace a forked child's copy of a socket by /dev/null.

    Nothing that the child sends reaches the server. The session ends with the parent, even if the child lives on.
    """
    null = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
    try:
        os.dup2(null, descriptor, inheritable=False)
    finally:
        os.close(null)


def _keep_forever(inherited: object) -> None:
    """Never run the destructor of an object. DuckDB's would wait for threads that the child does not have."""
    from ctypes import py_object, pythonapi  # slow to import, and only a child needs it

    pythonapi.Py_IncRef(py_object(inherited))


def _before() -> None:
    for each in list(_opened):
        each.before_fork()


def _in_parent() -> None:
    for each in list(_opened):
        each.after_fork_in_parent()


def _in_child() -> None:
    for each in list(_opened):
        each.after_fork_in_child()
        _keep_forever(each)
    _opened.clear()


if hasattr(os, "register_at_fork"):  # Windows has no fork
    os.register_at_fork(before=_before, after_in_parent=_in_parent, after_in_child=_in_child)
