"""How a database gets to the current schema: yoyo's files and tables, applied safely."""
