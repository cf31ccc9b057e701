DELETE FROM dns.names
