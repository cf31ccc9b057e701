-- Writes the events of a spool file as Parquet. :columns has their names and types.
COPY ( -- noqa: PRS
    SELECT * FROM read_json(:spool, format = 'newline_delimited', columns = :columns)
) TO :target (FORMAT PARQUET, COMPRESSION ZSTD)
