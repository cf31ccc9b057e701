-- depends: 1006_dns_serials
-- What: triggers of the zones that raise their serials and compute the names of all hosts again.
-- Why: a new zone takes names from the zones above it, and a removed zone gives them back.
-- DBA: a change of the zones reads all hosts.

CREATE TRIGGER dns_zones_inserted AFTER INSERT ON dns_zones
BEGIN
    UPDATE dns_zone_changes SET changes = changes + 1
    WHERE name = new.name OR substr(new.name, -length(name) - 1) = '.' || name;
    INSERT INTO dns_zone_changes (name, changes)
    SELECT
        new.name,
        0
    WHERE NOT EXISTS (SELECT 1 FROM dns_zone_changes AS c WHERE c.name = new.name);
    -- The zone begins one above the serial that secondaries have, unless it is above it already (RFC 1982).
    UPDATE dns_zone_changes
    SET
        changes = changes + (
            (new.after_serial + 1 - changes - (SELECT l.serial FROM dns_log_serial AS l)) & 4294967295
        )
    WHERE
        name = new.name
        AND (
            (new.after_serial + 1 - changes - (SELECT l.serial FROM dns_log_serial AS l)) & 4294967295
        ) <= 2147483648;
    DELETE FROM dns_names;
    INSERT INTO dns_names (name, type, priority, first_position, content, zone_id, host_id)
    SELECT name, type, priority, first_position, content, zone_id, host_id FROM dns_names_current;
END;

CREATE TRIGGER dns_zones_deleted AFTER DELETE ON dns_zones
BEGIN
    UPDATE dns_zone_changes SET changes = changes + 1
    WHERE name = old.name OR substr(old.name, -length(name) - 1) = '.' || name;
    DELETE FROM dns_names;
    INSERT INTO dns_names (name, type, priority, first_position, content, zone_id, host_id)
    SELECT name, type, priority, first_position, content, zone_id, host_id FROM dns_names_current;
END;

-- What PowerDNS writes into its own columns changes no record.
CREATE TRIGGER dns_zones_updated AFTER UPDATE OF ns, mail, ttl ON dns_zones
BEGIN
    UPDATE dns_zone_changes SET changes = changes + 1 WHERE name = new.name;
END;
