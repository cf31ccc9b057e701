DELETE FROM dns.networks
