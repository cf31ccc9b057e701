INSERT INTO erased_events (position, event_id, leaf)
VALUES (?, ?, ?)
