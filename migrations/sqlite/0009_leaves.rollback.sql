DROP VIEW event_contents;
