DROP TABLE erased_events;
DROP TABLE erasures;
DROP TABLE host_events;
