-- Do not overwrite deleted content.
PRAGMA secure_delete = 0 -- noqa: PRS
