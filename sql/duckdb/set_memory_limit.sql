-- DuckDB would keep what it has read in four fifths of the machine's memory; more than this it writes to disk.
SET memory_limit = '400MB'
