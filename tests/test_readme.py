"""What the README shows of the command is what it prints, but for ids and times."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import textwrap
from pathlib import Path

from tests.support.terminal import on_terminal_process

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
VARYING = [(r"\b0[0-9A-HJKMNP-TV-Z]{25}\b", "ID"), (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+0000", "WHEN")]


def masked(text: str) -> list[str]:
    for pattern, name in VARYING:
        text = re.sub(pattern, name, text)
    return [line.rstrip() for line in text.strip().splitlines()]


def block(language: str) -> str:
    return README.partition(f"```{language}\n")[2].partition("```")[0]


def test_the_pictures(tmp_path: Path) -> None:
    """They show the hosts that the commands before them have made."""
    (tmp_path / "hosts").write_text("127.0.0.1 localhost\n")
    run(block("sh").replace("/etc/hosts", "hosts"), tmp_path)
    shown = re.split(r"^\$ (.*)\n", block("console"), flags=re.M)[1:]
    assert len(shown) == 4
    for command, picture in zip(shown[::2], shown[1::2], strict=True):
        assert masked(on_terminal_process("bash", "-c", script(command, tmp_path))) == masked(picture)


def run(text: str, folder: Path) -> None:
    done = subprocess.run(["bash", "-c", script(text, folder)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def script(text: str, folder: Path) -> str:
    """Return a script that runs the commands of a page in a folder."""
    return f"""
        set -e
        export PYTHONPATH={shlex.quote(str(ROOT))} TZ=UTC
        hostsdb() {{ {shlex.quote(sys.executable)} -m hostsdb "$@"; }}
        cd {shlex.quote(str(folder))}
        {text}"""


def test_the_examples_fit_80_columns() -> None:
    docs = ROOT / "docs"
    generated = {docs / "commands.md", docs / "reference.md", docs / "schema.md"}
    for page in [ROOT / "README.md", *(set(docs.rglob("*.md")) - generated)]:
        for block in re.findall(r"^ *```.*?\n(.*?)^ *```", page.read_text(), re.M | re.S):
            lines = textwrap.dedent(block).splitlines()
            assert [line for line in lines if len(line) > 80] == [], page
    examples = re.findall(r"^ *(Example: .*)", (docs / "commands.md").read_text(), re.M)
    assert examples and [example for example in examples if len(example) > 80] == []


def test_the_two_commands_stand_at_the_top() -> None:
    named = re.findall(r"^    make (\w+) ", README, re.M)
    assert named == ["run", "test"]
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M)
    assert set(named) <= set(targets)
    assert len(README.splitlines()) <= 110
