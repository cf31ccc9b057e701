"""The schema of a database: its migrations, and whether the database matches them."""
