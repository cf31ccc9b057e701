"""What a failure of the cluster cost: lost, doubled, missed and repeated events, errors, seconds without a writer."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, fields

from tests.cluster.load import Load

# The text of a call stands in the column that its event sets.
STORED = """
    SELECT event_id, event_type, CASE event_type
        WHEN 'HostCreated' THEN hostname
        WHEN 'CommentUpdated' THEN comment
        WHEN 'HostDeleted' THEN metadata::jsonb ->> 'reason'
    END FROM host_events ORDER BY position
"""


@dataclass
class Report:
    """The figures of one case.

    Attributes:
        case: what failed.
        stored: the number of its events in the log.
        lost: events that a caller was told are stored, and are not.
        doubled: calls whose event is stored twice.
        missed, repeated: stored events that `watch` or `consuming` did not yield, or yielded more than once.
        errors: calls that failed.
        interrupted: blocks of `consuming` that were repeated.
        without_writer: seconds.
    """

    case: str
    stored: int = 0
    lost: int = 0
    doubled: int = 0
    missed: int = 0
    repeated: int = 0
    errors: int = 0
    interrupted: int = 0
    without_writer: float = 0

    def line(self) -> str:
        """Return the figures in one line."""
        values = [(field.name, getattr(self, field.name)) for field in fields(self)[1:]]
        return f"{self.case:56}" + "  ".join(
            f"{name} {value:.1f} s" if isinstance(value, float) else f"{name} {value}"
            for name, value in values
        )


def report(case: str, load: Load, log: Iterable[tuple], before: set[str], consumed: Iterable[str]) -> Report:
    """Compare what callers saw with the log.

    Arguments:
        load: the callers, after their end.
        log: the rows of STORED.
        before: the ids of the events that were there before.
        consumed: the ids that the consumer has stored.
    """
    rows = [(event_id, (event_type, text)) for event_id, event_type, text in log if event_id not in before]
    ids = [event_id for event_id, _ in rows]
    tokens = Counter(token for _, token in rows)
    watched, handled = Counter(load.watched), Counter(consumed)
    return Report(
        case,
        stored=len(ids),
        lost=sum(token not in tokens for token in load.acknowledged),
        doubled=sum(number > 1 for number in tokens.values()),
        missed=sum((event_id not in watched) + (event_id not in handled) for event_id in ids),
        repeated=sum(number > 1 for seen in (watched, handled) for number in seen.values()),
        errors=len(load.errors),
        interrupted=load.interrupted,
        without_writer=load.seconds_without_a_writer(),
    )
