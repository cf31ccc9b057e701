DROP TABLE host_events;
DROP FUNCTION refuse_change();
