DROP TRIGGER records_update;
DROP TRIGGER records_refuse;
DROP TRIGGER records_insert;
DROP TRIGGER records_delete;
