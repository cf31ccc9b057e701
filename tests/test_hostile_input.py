"""Hostile files, read by the real command: errors with line numbers, in bounded memory and time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.targets import TARGETS
from tests.support.command import hostsdb_command

MIB = 2**20
CORPUS = Path(__file__).parent / "fuzz" / "corpus"
ADDRESS_SPACE = 1024 * MIB
PEAK = 100 * MIB
SECONDS = 120

HEADER = b"ip_address,hostname,aliases,comment,tags\n"
GOOD = b'{"ip_address": "::1", "hostname": "good"}'


@dataclass(frozen=True)
class Done:
    """The exit code of a command, its output, and its peak memory in bytes."""

    code: int
    stdout: str
    stderr: list[str]
    peak: int


# The program limits itself and writes its peak to a file: wait4() would count the memory of the parent too.
PROGRAM = """
import atexit, pathlib, re, resource, sys
peak, limit = pathlib.Path(sys.argv.pop(1)), int(sys.argv.pop(1))
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
status = pathlib.Path("/proc/self/status")
atexit.register(lambda: peak.write_text(re.search(r"VmHWM:\\s+(\\d+) kB", status.read_text())[1]))
from hostsdb.cli import main
main()
"""


def imported(tmp_path: Path, pieces: Iterable[bytes], *arguments: str) -> Done:
    """Import pieces that are never in memory or in a file as a whole."""
    out, err, peak = tmp_path / "out", tmp_path / "err", tmp_path / "peak"
    with out.open("wb") as stdout, err.open("wb") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(peak), str(ADDRESS_SPACE), "import", "-", *arguments],
            env=os.environ | {"HOSTSDB_URL": f"sqlite:///{tmp_path}/hosts.db"},
            stdin=subprocess.PIPE,
            stdout=stdout,
            stderr=stderr,
        )
        feeder = threading.Thread(target=_feed, args=(process, pieces))
        feeder.start()
        try:
            process.wait(SECONDS)
        finally:
            process.kill()
            feeder.join()
    said = err.read_text("utf-8").splitlines()
    assert process.returncode in (0, 1), said[-20:]
    assert not any("Traceback" in line for line in said)
    return Done(process.returncode, out.read_text(), said, int(peak.read_text()) * 1024)


def _feed(process: subprocess.Popen[bytes], pieces: Iterable[bytes]) -> None:
    assert process.stdin is not None
    try:
        for piece in pieces:
            process.stdin.write(piece)
        process.stdin.close()
    except BrokenPipeError:
        return


def giant(before: bytes, block: bytes, size: int, after: bytes) -> Iterator[bytes]:
    """Yield a text that repeats `block` for about `size` bytes."""
    yield before
    blocks = block * (MIB // len(block))
    for _ in range(size // len(blocks)):
        yield blocks
    yield after


@pytest.mark.faults
@pytest.mark.parametrize(
    ("format", "before", "block", "size", "after"),
    [
        ("hosts", b"::1 first\n10.0.0.1 ", b"a", 1024 * MIB, b"\n::1 good\n"),
        ("hosts", b"::1 first\n10.0.0.1 ", b"alias%d ", 80 * MIB, b"\n::1 good\n"),
        ("hosts", b"::1 first\n10.0.0.1 x # ", b"\xf0\x9f\x98\x80", 64 * MIB, b"\n::1 good\n"),
        ("json", b'[{"ip_address": "::1", "hostname": "first"},\n{"x": "', b"a", 1024 * MIB, b'"},' + GOOD + b"]"),
        ("json", b'{"ip_address": "::1", "hostname": "first"}\n{"hostname": "', b"\0", 256 * MIB, b'"}\n' + GOOD),
        ("json", b'[{"ip_address": "::1", "hostname": "first"},\n[', b"[],", 64 * MIB, b"[]]," + GOOD + b"]"),
        ("json", b'[{"ip_address": "::1", "hostname": "first"},\n', b"9", 64 * MIB, b"," + GOOD + b"]"),
        ("csv", HEADER + b"::1,first,,,\n::1,", b"a", 1024 * MIB, b",,,\n::1,good,,,\n"),
        ("csv", HEADER + b'::1,first,,,\n::1,"', b"a\r\n", 16 * MIB, b'",,,\n::1,good,,,\n'),
    ],
)  # fmt: skip
def test_one_giant_line(
    tmp_path: Path, format: str, before: bytes, block: bytes, size: int, after: bytes
) -> None:
    done = imported(tmp_path, giant(before, block, size, after), "--format", format)
    bad = [line for line in done.stderr if line]
    assert f"read {2 + bool(after)}, added {1 + bool(after)}, " in done.stdout and "bad 1" in done.stdout, (
        bad[:5]
    )
    assert len(bad) == 1 and "longer than 64 KiB" in bad[0] and len(bad[0]) < 300
    assert done.code == 1 and done.peak < PEAK, f"{done.peak / MIB:.0f} MiB"


@pytest.mark.faults  # half a minute
def test_a_million_bad_lines(tmp_path: Path) -> None:
    lines = (
        b"".join(b"10.0.0.%d bad\n" % (n + 256) for n in range(start, start + 1000))
        for start in range(0, 10**6, 1000)
    )
    done = imported(tmp_path, lines)
    assert done.stdout == "read 1000000, added 0, identical 0, differing 0, repeated 0, bad 1000000\n"
    assert done.stderr[0] == '<stdin>:1: "10.0.0.256" is not an IP address'
    assert done.stderr[-1] == "<stdin>: 999980 more bad lines" and len(done.stderr) == 21
    assert done.peak < PEAK, f"{done.peak / MIB:.0f} MiB"


@pytest.mark.parametrize(
    ("format", "content", "bad", "words"),
    [
        ("json", b"[" * 100_000 + b"]" * 100_000, 1, "longer than 64 KiB (in line 1)"),
        ("json", b"[%s, %s]" % (b"[" * 30_000 + b"]" * 30_000, GOOD), 1, "it is nested too deeply (in line 1)"),
        ("json", b'[{"a":' * 7000 + b"1" + b"}]" * 7000, 1, "it is nested too deeply (in line 1)"),
        ("json", b"[%s,\n%s]" % (b"9" * 60_000, GOOD), 1, "Exceeds the limit"),
        ("json", b'[{"ip_address": 1e999, "hostname": "x"}, %s]' % GOOD, 1, "an IP address must be text, not float"),
        ("json", b'[{"ip_address": "::1", "hostname": "\\ud800"}, %s]' % GOOD, 1, "\\ud800"),
        ("json", b'[{"ip_address": "::1", "hostname": "x", "comment": "\\u0000"}, %s]' % GOOD, 1, "NUL character"),
        ("json", b'[{"ip_address": "::1", "hostname": "x", "tags": ["\\udfff"]}, %s]' % GOOD, 1, "not Unicode text"),
        ("json", b"\xef\xbb\xbf" + b"%s\r\n\xed\xa0\x80\r%s\n%s" % (GOOD, GOOD, GOOD), 1, "<stdin>:2: it is not JSON"),
        ("json", b'\xef\xbb\xbf{"x": "' + b"x" * 65536 + b'"}\n%s\nbad' % GOOD, 2, ":1: the line is longer than 64"),
        ("hosts", b"::1 a\0b\n::1 good\n", 1, "<stdin>:1: "),
        ("hosts", b"\xef\xbb\xbf::1 good\r\n\xef\xbb\xbf::1 second\r\n", 1, "<stdin>:2: "),
        ("hosts", b"\xef\xbb\xbf10.0.0.1 cut " + b"x" * 65519 + b"yz\n::1 good", 1, ":1: the line is longer than"),
        ("hosts", b"::1 good\r::1 other\n10.0.0.1 good\r\n", 1, "<stdin>:1: "),
        ("hosts", b"\xff\xfe1\x002\x007\x00.\x00\n::1 good\n", 1, "<stdin>:1: "),
        ("hosts", b"::1 \xed\xa0\x80\n::1 good # \xed\xa0\x80\n", 1, "<stdin>:1: "),
        ("csv", HEADER + b"::1,a\0b,,,\r\n::1,good,,,\r\n", 1, "<stdin>:2: "),
        ("csv", HEADER + b"::1,x,,\xed\xa0\x80,\r\n::1,good,,,\n", 1, "<stdin>:2: "),
        ("csv", HEADER + b'::1,x,"' + b"[" * 60_000 + b'",,\n::1,good,,,\n', 1, "but is not a JSON array"),
        ("csv", HEADER + b'::1,x,"[%s]",,\n::1,good,,,\n' % (b"9" * 60_000), 1, "but is not a JSON array"),
        ("csv", b"\xef\xbb\xbf" + HEADER.replace(b"\n", b"\r\n") + b"::1,good,,,\r\n\n\r\n::2,x y,,,\n", 1, ":5: "),
    ],
    # pytest puts a test's name into the environment, which cannot hold 200,000 characters.
    ids=lambda value: str(value)[:40] if isinstance(value, bytes) else None,
)  # fmt: skip
def test_odd_content(tmp_path: Path, format: str, content: bytes, bad: int, words: str) -> None:
    done = imported(tmp_path, [content], "--format", format)
    assert len(done.stderr) == bad and words in done.stderr[0], done.stderr
    assert f"bad {bad}\n" in done.stdout and done.code == 1
    assert done.peak < PEAK
    hosts = json.loads(hostsdb_command("list", "--json", "--url", f"sqlite:///{tmp_path}/hosts.db").stdout)
    assert {host["hostname"] for host in hosts} <= {"good"}
    assert b"good" not in content or hosts or b"good\r" in content


def test_the_format_is_detected_from_the_content(tmp_path: Path) -> None:
    for content in (
        b"\0" * 10_000,
        b"\xff" * 10_000,
        b"\r" * 10_000,
        b"[" * 10_000,
        b"{" * 10_000,
        b"," * 10_000,
    ):
        done = imported(tmp_path, [content])
        # An array that is not closed is a second error. Blanks alone are no error.
        assert (done.code, len(done.stderr)) == (
            int(content[0] != 13),
            {b"[": 2, b"\r": 0}.get(content[:1], 1),
        )
        assert all(line.startswith(f"<stdin>:{n}: ") for n, line in enumerate(done.stderr, 1))


# Text that has a meaning for one of the readers.
fragments = st.sampled_from(
    [b"\xef\xbb\xbf", b"\xff", b"\0", b"\n", b"\r\n", b"\r", b" ", b"\t", b"#", b",", b'"', b"'", b"\\", b":", b"/"]
    + [b"@", b"?", b"=", b"&", b"%40", b"[", b"]", b"{", b"}", b"::1", b"10.0.0.1", b"a", b"\xc3\xbc", b"\xed\xa0\x80"]
    + [b"=1", b"null", b"1e999", b"# BEGIN lan\n", b"# END lan\n", b"max_connections=", b"read_url=", b"x" * 97]
    + [b'"ip_address"', b'"hostname"', b'"aliases"', b'"tags"', b'{"ip_address":"::1","hostname":"a"}']
)  # fmt: skip


@pytest.mark.parametrize("target", TARGETS)
@given(st.binary(max_size=300) | st.lists(fragments, max_size=40).map(b"".join))
def test_any_bytes(target: str, data: bytes) -> None:
    TARGETS[target](data)


@pytest.mark.parametrize("target", TARGETS)
def test_the_corpus_of_the_fuzzer(target: str) -> None:
    inputs = sorted((CORPUS / target).iterdir())
    assert inputs
    for path in inputs:
        TARGETS[target](path.read_bytes())
