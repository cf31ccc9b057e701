DROP TRIGGER domains_guard ON dns.domains;
DROP FUNCTION dns.refuse_zone();
DROP TRIGGER pending_committed ON dns.pending;
DROP FUNCTION dns.pending_committed();
DROP FUNCTION dns.apply_pending(text);
DROP FUNCTION dns.append_event(text, text, text, text, text, text, text, jsonb);
DROP TRIGGER records_written ON dns.records;
DROP FUNCTION dns.record_written();
DROP FUNCTION dns.new_version(text);
