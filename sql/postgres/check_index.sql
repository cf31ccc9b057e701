-- Check the structure of an index by amcheck; an error says what is wrong. find_amcheck.sql comes before it.
SELECT bt_index_check(:index::oid::regclass) IS NOT NULL AS is_sound
