-- depends: 1005_dns_host_changes
-- What: the serials of the zones: the end of the log, and what the changes of a zone add to it.
-- Why: secondaries transfer a zone when its serial has grown, and ignore a smaller one (RFC 1982).
-- DBA: two small tables. The trigger of log_epoch waits for writers.

CREATE VIEW dns.log_last AS
SELECT
    greatest(
        (SELECT max(e.position) FROM host_events AS e), (SELECT max(x.position) FROM erased_events AS x)
    ) AS position;
COMMENT ON VIEW dns.log_last IS 'The position of the newest event.';
COMMENT ON COLUMN dns.log_last.position IS 'NULL: the log is empty.';

-- The tables of the log are bound here. The horizon is computed once.
CREATE VIEW dns.log_end AS
WITH h AS MATERIALIZED (
    SELECT log_horizon() AS horizon
)

SELECT
    greatest(
        (SELECT max(e.position) FROM host_events AS e WHERE e.position < (SELECT h.horizon FROM h)),
        (SELECT max(x.position) FROM erased_events AS x WHERE x.position < (SELECT h.horizon FROM h))
    ) AS position;
COMMENT ON VIEW dns.log_end IS 'The position of the newest event that every reader sees. Erased events count.';
COMMENT ON COLUMN dns.log_end.position IS 'NULL: the log is empty.';

-- After each start of the server log_epoch raises the transactions of new events by up to ten years of milliseconds. A
-- serial may grow by less than 2^31 at once (RFC 1982), or secondaries take it for an older one.
CREATE TABLE dns.serial_gaps (
    first_transaction bigint NOT NULL,
    skipped bigint NOT NULL,

    CONSTRAINT serial_gaps_pkey PRIMARY KEY (first_transaction)
);
COMMENT ON TABLE dns.serial_gaps IS 'Transactions that the serials leave out.';
COMMENT ON COLUMN dns.serial_gaps.first_transaction IS 'From this transaction of the log on.';
COMMENT ON COLUMN dns.serial_gaps.skipped IS 'So much the serial grows less than the transactions.';

-- No later event changes what a reader at this serial sees: see log_horizon(). Erased events count, so that the serial
-- never decreases. SECURITY DEFINER: PowerDNS's role has no right on the log. PL/pgSQL keeps the plan for other calls.
CREATE FUNCTION dns.log_serial() RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    newest bigint := (SELECT coalesce(e.position, 0) >> 22 FROM dns.log_end AS e);
BEGIN
    RETURN newest - coalesce((SELECT sum(g.skipped) FROM dns.serial_gaps AS g WHERE g.first_transaction <= newest), 0);
END
$$;
COMMENT ON FUNCTION dns.log_serial()
IS 'The transaction of the newest event that every reader sees, without those of serial_gaps.';

-- The first writer after a start of the server runs this and holds the lock of log_epoch, so the log ends before the
-- gap. What a lost part of the log may have shown must stay below the new serials: they still grow with the gap.
CREATE FUNCTION dns.epoch_raised() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    next bigint := pg_snapshot_xmin(pg_current_snapshot())::text::bigint + new.xid_offset;
    gap bigint := next - (SELECT coalesce(a.position, 0) >> 22 FROM dns.log_last AS a);
    skipped bigint := gap - 536870912 - gap / 256;
BEGIN
    IF skipped > 0 THEN
        INSERT INTO dns.serial_gaps (first_transaction, skipped) VALUES (next, skipped)
        ON CONFLICT (first_transaction) DO NOTHING;
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION dns.epoch_raised() IS 'Trigger function: limits what a raised offset adds to the serials.';

CREATE TRIGGER dns_epoch_raised AFTER UPDATE OF xid_offset ON log_epoch
FOR EACH ROW WHEN (new.xid_offset > old.xid_offset) EXECUTE FUNCTION dns.epoch_raised();

REVOKE EXECUTE ON FUNCTION dns.epoch_raised() FROM public;
REVOKE EXECUTE ON FUNCTION dns.log_serial() FROM public;

-- A row stays when the zone is removed: a zone that is added again continues with a greater serial.
CREATE TABLE dns.zone_changes (
    name text COLLATE "C" NOT NULL,
    changes bigint NOT NULL,

    CONSTRAINT zone_changes_pkey PRIMARY KEY (name)
);
COMMENT ON TABLE dns.zone_changes IS 'What the changes of the zones add to the serials, because no event says them.';
COMMENT ON COLUMN dns.zone_changes.name IS 'The zone.';
COMMENT ON COLUMN dns.zone_changes.changes IS 'How often its content changed by changes of zones.';
