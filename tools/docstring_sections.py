"""An extension of griffe, which reads the docstrings for the site: it expects an empty line before each section."""

from __future__ import annotations

import re
from typing import Any

import griffe

_SECTION = re.compile(r"(?<=\S)\n(?=(?:Returns|Raises|Attributes):\n)")


class DocstringSections(griffe.Extension):  # type: ignore[misc, unused-ignore]  # griffe may be missing
    """Adds the empty lines."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Change the docstring of an object."""
        if obj.docstring:
            obj.docstring.value = _SECTION.sub("\n\n", obj.docstring.value)
