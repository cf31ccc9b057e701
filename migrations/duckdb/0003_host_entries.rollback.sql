DROP TRIGGER host_events_4_created ON host_events;
DROP TRIGGER host_events_3_changed ON host_events;
DROP TRIGGER host_events_2_deleted ON host_events;
DROP TRIGGER host_events_1_extends ON host_events;
DROP TABLE host_entries;
