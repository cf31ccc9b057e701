DROP TRIGGER host_events_5_deleted ON host_events;
DROP TRIGGER host_events_4_changed ON host_events;
DROP TRIGGER host_events_3_created ON host_events;
DROP TRIGGER host_events_2_extends ON host_events;
DROP TABLE host_entries;
