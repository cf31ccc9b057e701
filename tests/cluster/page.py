"""The configuration and the commands of docs/clusters.md."""

import re
from pathlib import Path

_PAGE = Path(__file__).parent.parent.parent / "docs" / "clusters.md"


def block(name: str) -> str:
    """Return the block of the page with this name."""
    (text,) = re.findall(rf"^```\w+ {name}\n(.*?)^```$", _PAGE.read_text(), re.M | re.S)
    return str(text)
