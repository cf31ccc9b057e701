"""Which file of sql/ a step runs on PostgreSQL."""

from __future__ import annotations

from hostsdb.operations.steps import Load, Statement

# Only the owner may insert created_at. So a statement that names the column runs only if a caller gave a time.
_STORED_NOW = {"append_event": "append_event_now", "append_events": "append_events_now"}


def statement_name(step: Statement | Load) -> str:
    """Return the name of the file without `.sql`."""
    if isinstance(step, Load) or step.parameters.get("created_at") is not None:
        return step.name
    return _STORED_NOW.get(step.name, step.name)
