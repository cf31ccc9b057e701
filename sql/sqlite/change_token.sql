-- What is another after each commit: the first tells of other connections, the second of this one.
SELECT
    data_version,
    total_changes() AS changes
FROM pragma_data_version
