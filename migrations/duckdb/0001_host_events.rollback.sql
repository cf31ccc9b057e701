DROP TABLE host_events;
DROP TABLE refusals;
DROP SEQUENCE host_events_number;
