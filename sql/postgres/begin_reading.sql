-- One snapshot for all statements: writers go on meanwhile and are not seen.
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY -- noqa: PRS
