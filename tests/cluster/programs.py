"""The programs of a cluster: etcd, HAProxy and Patroni."""

import importlib.util
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import psutil

from tests.support.postgres_process import as_unprivileged

_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
_STOP_SECONDS = 20


def missing() -> str:
    """Return what is not installed, and how to install it; empty: nothing."""
    packages = {"etcd": "etcd-server", "haproxy": "haproxy"}
    lacking = [package for program, package in packages.items() if not shutil.which(program, path=_PATH)]
    if lacking:
        return f"{' and '.join(lacking)} not installed; apt-get install {' '.join(lacking)}"
    if importlib.util.find_spec("patroni") is None:
        return "Patroni is not installed; pip install --group cluster"
    return ""


def unprivileged_prefix() -> list[str]:
    """Return what runs a program as a user other than root, who can read files of root: Python's may be in /root."""
    user = as_unprivileged()
    if not user:
        return []
    capability = [f"--{kind}-caps=+dac_override" for kind in ("inh", "ambient")]
    return ["setpriv", f"--reuid={user['user']}", f"--regid={user['group']}", "--clear-groups", *capability]


class Program:
    """A program that runs in the background, as the user that runs PostgreSQL."""

    def __init__(self, command: list[str], log: Path, **environment: str) -> None:
        program = shutil.which(command[0], path=_PATH) or command[0]
        self._command = [*unprivileged_prefix(), program, *command[1:]]
        self._environment = os.environ | environment
        self.log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=self.log.parent,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def process(self) -> psutil.Process:
        assert self._process is not None
        return psutil.Process(self._process.pid)

    def stop(self) -> None:
        """End it in order, else kill it."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self.reap()

    def reap(self) -> None:
        """Forget a process that has ended or was killed."""
        if self._process is not None:
            self._process.wait(_STOP_SECONDS)
            self._process = None


def run(command: list[str], **options: Any) -> str:
    """Run a program to its end; return its output. AssertionError if it fails."""
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, **options
    )
    output: str = done.stdout
    assert done.returncode == 0, f"{command}\n{output}{done.stderr}"
    return output
