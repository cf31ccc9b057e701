DROP VIEW dns.host_pointers;
DROP INDEX host_entries_pointer;
DROP FUNCTION dns.pointer_type();
DROP FUNCTION dns.is_stored_as_served(text, text);
DROP FUNCTION dns.has_pointer(text, text);
DROP FUNCTION dns.pointer(text);
DROP FUNCTION dns.pointer_6(text);
DROP FUNCTION dns.canonical_address(text);
DROP FUNCTION dns.is_name(text);
