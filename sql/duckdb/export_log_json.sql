-- Writes the events of a spool file as a JSON array of objects. :columns has their names and types.
COPY ( -- noqa: PRS
    SELECT * FROM read_json(:spool, format = 'newline_delimited', columns = :columns)
) TO :target (FORMAT JSON, ARRAY TRUE)
