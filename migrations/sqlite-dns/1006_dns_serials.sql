-- depends: 1005_dns_host_changes
-- What: the serials of the zones: the end of the log, and what the changes of a zone add to it.
-- Why: secondaries transfer a zone when its serial has grown, and ignore a smaller one (RFC 1982).
-- DBA: a view and a small table.

-- Erased events count, so that it never decreases.
CREATE VIEW dns_log_serial AS
SELECT
    max(
        coalesce((SELECT max(e.position) FROM host_events AS e), 0),
        coalesce((SELECT max(x.position) FROM erased_events AS x), 0)
    ) AS serial;

-- What the changes of the zones add to the serials, because no event says them. A row stays when the zone is removed:
-- a zone that is added again continues with a greater serial.
CREATE TABLE dns_zone_changes (
    name TEXT NOT NULL,
    changes INTEGER NOT NULL,

    CONSTRAINT zone_changes_pkey PRIMARY KEY (name)
) STRICT;
