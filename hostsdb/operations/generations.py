"""Events in generations, for an engine on which one statement cannot insert an event and its successor."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

Pair = tuple[str, str]
# The host, the type, the address and the hostname of an event.
Step = tuple[str, str, str | None, str | None]

# The types of events that free a pair (ip_address, hostname).
FREEING = {"IpAddressChanged", "HostnameChanged", "HostDeleted"}


def number_generations(steps: Iterable[Step], pairs: dict[str, Pair]) -> list[int]:
    """Return the number of the generation of each event. One statement can insert a generation.

    An event is in a later generation than its predecessor. If it takes a pair, it is in a later generation than the
    event that frees the pair. An event that frees a pair after another host took it is in a later generation, too: then
    the engine refuses the event that took it.

    Arguments:
        steps: the events in the order of the log.
        pairs: the pairs before the events, at least of the hosts with an event of a type in FREEING.
    """
    pairs = dict(pairs)
    host_in: dict[str, int] = defaultdict(lambda: -1)
    freed_in: dict[Pair, int] = defaultdict(lambda: -1)
    taken_in: dict[Pair, int] = defaultdict(lambda: -1)
    numbers = []
    for step in steps:
        host = step[0]
        before = pairs.get(host)
        after = _pair_after(step, before)
        number = host_in[host] + 1
        if after != before:
            if after is not None:
                taken_in[after] = number = max(number, freed_in[after] + 1)
            if before is not None:
                freed_in[before] = number = max(number, taken_in[before] + 1)
        host_in[host] = number
        if after is None:
            pairs.pop(host, None)
        else:
            pairs[host] = after
        numbers.append(number)
    return numbers


def _pair_after(step: Step, before: Pair | None) -> Pair | None:
    """Return the pair of a host after an event; None if the host is deleted, or its pair is not known."""
    _, event_type, ip_address, hostname = step
    if event_type == "HostCreated":
        return ip_address or "", hostname or ""
    if event_type == "HostDeleted" or before is None:
        return None
    return ip_address or before[0], hostname or before[1]
