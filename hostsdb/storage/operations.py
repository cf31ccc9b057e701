"""Which methods run an operation. Both classes get them."""

from __future__ import annotations

from typing import Final

from hostsdb.database.methods import Method
from hostsdb.operations import (
    bulk,
    consumers,
    erasing,
    events,
    finding,
    hosts,
    importing,
    past,
    projection,
    proving,
    restore,
    snapshots,
    state,
    verifying,
    zones,
)


class Operations:
    """The methods that run one operation. `add_methods` adds them to both classes."""

    health_check: Final = Method(projection.health_check)
    verify: Final = Method(verifying.verify)
    checkpoint: Final = Method(proving.checkpoint)
    prove_event: Final = Method(proving.prove_event)

    append_event: Final = Method(events.append_event, appends=True)
    append_events: Final = Method(events.append_events, appends=True)
    append_batch: Final = Method(events.append_batch, appends=True)
    load_events: Final = Method(events.load_events)
    get_current_version: Final = Method(events.get_current_version)
    count_events: Final = Method(events.count_events)
    events_since: Final = Method(events.events_since)
    log_end: Final = Method(events.log_end)
    state_token: Final = Method(state.state_token, reads=True)
    last_change: Final = Method(state.last_change, reads=True)
    list_consumers: Final = Method(consumers.list_consumers)
    reset_consumer: Final = Method(consumers.reset_consumer)
    remove_consumer: Final = Method(consumers.remove_consumer)

    list_all: Final = Method(projection.list_all, reads=True)
    map_all: Final = Method(projection.map_all, reads=True)
    get_by_id: Final = Method(projection.get_by_id, reads=True)
    find_by_ip_and_hostname: Final = Method(projection.find_by_ip_and_hostname, reads=True)
    search: Final = Method(projection.search, reads=True)
    count: Final = Method(projection.count, reads=True)
    get_at_time: Final = Method(past.get_at_time, reads=True)
    map_at_time: Final = Method(past.map_at_time, reads=True)
    find_hosts: Final = Method(finding.find_hosts, reads=True)
    find_deleted_hosts: Final = Method(finding.find_deleted_hosts)

    save_snapshot: Final = Method(snapshots.save_snapshot)
    get_snapshot: Final = Method(snapshots.get_snapshot)
    list_snapshots: Final = Method(snapshots.list_snapshots)
    find_snapshots: Final = Method(finding.find_snapshots)
    delete_snapshot: Final = Method(snapshots.delete_snapshot)
    apply_retention_policy: Final = Method(snapshots.apply_retention_policy)

    add_host: Final = Method(hosts.add_host, appends=True)
    update_host: Final = Method(hosts.update_host)
    delete_host: Final = Method(hosts.delete_host)
    erase_host: Final = Method(erasing.erase_host)
    list_erasures: Final = Method(erasing.list_erasures)
    create_snapshot: Final = Method(snapshots.create_snapshot)
    restore_snapshot: Final = Method(restore.restore_snapshot)
    import_hosts: Final = Method(importing.import_hosts)
    plan_import: Final = Method(importing.plan_import)
    add_hosts: Final = Method(bulk.add_hosts, appends=True)
    update_hosts: Final = Method(bulk.update_hosts)
    delete_hosts: Final = Method(bulk.delete_hosts)
    plan_restore: Final = Method(restore.plan_restore)
    list_tags: Final = Method(projection.list_tags)

    list_zones: Final = Method(zones.list_zones)
    add_zone: Final = Method(zones.add_zone)
    remove_zone: Final = Method(zones.remove_zone)
