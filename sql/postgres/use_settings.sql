-- The settings that the results of statements depend on, until the end of the transaction; and their earlier values.
WITH earlier AS MATERIALIZED (
    SELECT
        current_setting('client_encoding') AS client_encoding,
        current_setting('DateStyle') AS date_style,
        current_setting('TimeZone') AS time_zone,
        current_setting('standard_conforming_strings') AS standard_strings
)

SELECT
    e.client_encoding,
    e.date_style,
    e.time_zone,
    e.standard_strings,
    set_config('client_encoding', 'UTF8', TRUE) AS new_encoding,
    set_config('DateStyle', 'ISO', TRUE) AS new_date_style,
    set_config('TimeZone', 'UTC', TRUE) AS new_time_zone,
    set_config('standard_conforming_strings', 'on', TRUE) AS new_strings
FROM earlier AS e
