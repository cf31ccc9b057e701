SELECT coalesce(current_setting('hostsdb.transaction', TRUE) = :marker, FALSE) AS is_marked
