-- The triggers of dns_names have deleted only those that had the right number of names below them.
DELETE FROM dns_parents
