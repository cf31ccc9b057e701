-- Writes the events of a spool file as CSV. A cell that is empty and has no quotes is NULL. :columns has their names
-- and types.
COPY ( -- noqa: PRS
    SELECT * FROM read_json(:spool, format = 'newline_delimited', columns = :columns)
) TO :target (FORMAT CSV, HEADER TRUE)
