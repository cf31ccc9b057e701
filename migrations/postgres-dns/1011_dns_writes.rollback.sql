DROP TRIGGER pending_committed ON dns.pending;
DROP FUNCTION dns.pending_committed();
DROP FUNCTION dns.apply_pending(text);
DROP TRIGGER records_written ON dns.records;
DROP FUNCTION dns.record_written();
