DROP TRIGGER erased_events_no_insert ON erased_events;
DROP TRIGGER erasures_no_insert ON erasures;
DROP TABLE host_events;
DROP TABLE erased_events;
DROP TABLE erasures;
DROP TABLE refusals;
DROP SEQUENCE host_events_number;
