SELECT
    aggregate_id,
    erased_at,
    erased_by,
    reason
FROM erasures
ORDER BY aggregate_id
