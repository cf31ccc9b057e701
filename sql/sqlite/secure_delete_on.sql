-- Overwrite deleted content with zeros.
PRAGMA secure_delete = 1 -- noqa: PRS
