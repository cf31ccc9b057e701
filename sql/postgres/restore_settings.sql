SELECT
    set_config('client_encoding', :client_encoding, TRUE) AS client_encoding,
    set_config('DateStyle', :date_style, TRUE) AS date_style,
    set_config('TimeZone', :time_zone, TRUE) AS time_zone,
    set_config('standard_conforming_strings', :standard_strings, TRUE) AS standard_strings
