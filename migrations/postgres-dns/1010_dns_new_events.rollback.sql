DROP FUNCTION dns.append_event(text, text, text, text, text, text, text, jsonb);
DROP FUNCTION dns.new_version(text);
