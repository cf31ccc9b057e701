"""What the C libraries read from a hosts file: tests/support/resolve.c, compiled for glibc and for musl.

The file is bound over /etc/hosts in a mount namespace of its own, so the machine's file stays as it is.
"""

import shutil
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

Answers = dict[str, list[str]]
Resolve = Callable[[Path, Iterable[str]], Answers]

_SOURCE = Path(__file__).with_name("resolve.c")
# Without a name server, a name that the file lacks is not looked up elsewhere.
_IN_NAMESPACE = (
    'mount --bind "$1" /etc/hosts && mount --bind /dev/null /etc/resolv.conf && shift && exec "$@"'
)


def resolver(compiler: str, folder: Path) -> Resolve:
    """Return a function that looks up names and addresses in a hosts file; skip the test if that is not possible."""
    if shutil.which(compiler) is None:
        pytest.skip(f"{compiler} is not installed; run apt-get install musl-tools gcc")
    program = folder / f"resolve-{compiler}"
    subprocess.run([compiler, str(_SOURCE), "-o", str(program)], check=True, timeout=60)

    def resolve(file: Path, names: Iterable[str]) -> Answers:
        command = ["unshare", "--mount", "--map-root-user", "sh", "-c", _IN_NAMESPACE, "sh", str(file)]
        done = subprocess.run([*command, str(program), *names], capture_output=True, text=True, timeout=60)
        if done.returncode and "resolve" not in done.stderr:
            pytest.skip(f"this user may not mount over /etc/hosts: {done.stderr.strip()}")
        # A name that has an address in several lines has it as often.
        answers = map(str.split, done.stdout.splitlines())
        return {asked: list(dict.fromkeys(found)) for asked, *found in answers}

    return resolve
