COPY erased_events (position, event_id, leaf) FROM STDIN
