"""Whether a connection must be to a server that accepts writes. Only PostgreSQL has others."""

from __future__ import annotations

from typing import Literal

# "require": a write needs it. "prefer": a block may write. It waits for such a server only if another one has refused a
# write lately, so that blocks that only read work on a standby.
Writable = Literal["any", "prefer", "require"]
