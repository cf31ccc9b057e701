"""docs/octodns.md, run as it is written."""

import re
import shlex
import sys
from pathlib import Path

import pytest

from tests.test_docs import ROOT, groups, run

OCTODNS = f'octodns-sync() {{ {shlex.quote(sys.executable)} -W ignore -m octodns.cmds.sync "$@" 2>&1; }}\n'


@pytest.mark.faults  # six seconds
def test_the_page(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "octodns.md").read_text()
    for name, text in re.findall(r"^```yaml ([\w.]+)\n(.*?)^```$", page, re.M | re.S):
        (tmp_path / name).write_text(text)
    first, second = groups("octodns.md")["run"]
    run(OCTODNS + first, tmp_path, "/usr/bin:/bin")
    path = "export HOSTSDB_URL=sqlite:///hosts.db\n"
    output = run(OCTODNS + path + second, tmp_path, "/usr/bin:/bin")
    # The first run has a plan for the hosts, and the second one has none.
    assert output.count("* hosts (HostsdbProvider)") == 1 and "IpAddressChanged" in output
