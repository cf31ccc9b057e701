DELETE FROM dns_names
