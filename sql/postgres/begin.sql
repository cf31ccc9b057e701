-- READ COMMITTED whatever the database's default is: a repeated statement must see what beat it.
BEGIN ISOLATION LEVEL READ COMMITTED -- noqa: PRS
