"""I6 for the columns of JSON, as a table."""

from collections.abc import Iterator

from tests.schema.contents import LARGE, SMALL, Case
from tests.schema.json_rules import LISTS

# Elements of lists and values of metadata that are wrong in both; the last ones are no JSON.
BAD_VALUES = [
    '{"a": 1}',
    "[[]]",
    '[["a"]]',
    "[1]",
    "[null]",
    "[true]",
    "[{}]",
    r'["a\u0000b"]',
    r'["\ud800"]',
]
BAD_VALUES += [
    r'["\udc00\ud800"]',
    r'["\ud83dx"]',
    r'["\ud83d\n"]',
    "['a']",
    '["a",]',
    '["a" "b"]',
    "[NaN]",
    '[,"a"]',
]
BAD_VALUES += [
    '["a"',
    '["a"]]',
    '["a"]x',
    '["a"]//',
    '["a"]/**/',
    r'["\x41"]',
    r'["\u00e"]',
    '["a\tb"]',
    r'["\a"]',
]
BAD_VALUES += ['["a"]\ufeff', '["a"]\xa0', '["a"]\x0c', "[Infinity]", "[+1]", "[0x1]", "[.5]", "[01]", "[1.]"]
BAD_LISTS = ["", " ", "null", "1", '"a"', "{}", "[" * 3_000 + "]" * 3_000, "[[", "\ufeff[]", *BAD_VALUES]
GOOD_LISTS = [
    "[]",
    "[ ]",
    '[""]',
    '["a","a"]',
    ' [ "a" ,\n"b"\t]\r\n',
    r'["\ud83d\ude00 \u0041\/\b\"\\u0000"]',
]
GOOD_LISTS += ['["é😀\x7f\u2028\ufffe"]', r'["\\ud800"]', r'["\\\\u0000"]', '["NaN", "null", "//", "[", "{"]']

BAD_OBJECTS = ["", "null", "[]", "{", "}", '"a"', "{a: 1}", "{'a': 1}", '{"a": 1,}', '{"a"}', '{"a": 1} {}']
BAD_OBJECTS += [
    '{"a": 1, "a": 1}',
    r'{"a": 1, "\u0061": 2}',
    '{"old_tags": [], "old_tags": []}',
    '{"a": 1e999}',
]
BAD_OBJECTS += [r'{"\u0000": 1}', r'{"\ud800": 1}', r'{"a": "\u0000"}', r'{"a": "\udfff"}', '{"a": -1e309}']
BAD_OBJECTS += [
    '{"a": 2e308}',
    '{"a": NaN}',
    '{"a": -Infinity}',
    '{"a": 0x1}',
    '{"a": +1}',
    '{"a": .5}',
    '{"a": 01}',
]
BAD_OBJECTS += [
    '{"a": {}}',
    '{"a": 1}//',
    '{"old_tags": 5}',
    '{"old_tags": "[]"}',
    '{"old_aliases": ["a", null]}',
]
BAD_OBJECTS += ['{"old_tags": true}', '{"old_ip": 1}', '{"old_hostname": ["a"]}', '{"old_comment": false}']
BAD_OBJECTS += ['{"reason": 5}', r'{"re\u0061son": 5}', '{"old_priority": "1"}', '{"old_priority": 1.0}']
BAD_OBJECTS += ['{"old_priority": 1e2}', '{"old_priority": 2147483648}', '{"old_priority": -2147483649}']
BAD_OBJECTS += ['{"old_priority": true}', '{"old_priority": 99999999999999999999}', '{"old_priority": [1]}']
BAD_OBJECTS += [f'{{"a": {value}}}' for value in BAD_VALUES]
GOOD_OBJECTS = [
    "{}",
    " {\n} ",
    '{"a": "b", "A": "b"}',
    '{"": ""}',
    '{"a": [ "b", "" ], "c": []}',
    '{"a": null}',
]
GOOD_OBJECTS += [
    '{"a": true, "b": false, "c": -0.5e-3, "d": 1e308, "e": -1E+308, "f": 123456789012345678901234}'
]
GOOD_OBJECTS += [
    '{"old_ip": null, "old_hostname": "", "old_comment": null, "reason": null, "old_tags": null}'
]
GOOD_OBJECTS += [
    '{"old_tags": ["a"], "old_aliases": [], "old_priority": -2147483648}',
    '{"old_priority": null}',
]
GOOD_OBJECTS += [
    '{"old_priority": 2147483647}',
    '{"old_priority": -0, "a": 1e-400}',
    r'{"a": "\ud83d\ude00", "\ud83d\ude00": 1}',
]
GOOD_OBJECTS += ['{"a.b": 1, "$": 2, "a b": 3, "[0]": 4, "a\\"b": 5}', '{"é": "é", "É": "é"}']


def json_cases() -> Iterator[Case]:
    """Give the values of tags, aliases and metadata."""
    for column in LISTS:
        yield from (Case(column, text, "host_events_json") for text in BAD_LISTS)
        yield from (Case(column, text, "") for text in GOOD_LISTS)
        for letter, size in (("x", 1), ("é", 2), (r"\u00e9", 2), (r"\ud83d\ude00", 4), (r"\n", 1)):
            yield Case(column, f'["a", "{letter * (SMALL // size)}"]', "")
            yield Case(column, f'["{letter * (SMALL // size)}x"]', "host_events_size")
        yield Case(column, '["a"' + " " * (LARGE - 5) + "]", "")
        yield Case(column, '["a"' + " " * (LARGE - 4) + "]", "host_events_size")
    yield from (Case("metadata", text, "host_events_json") for text in BAD_OBJECTS)
    yield from (Case("metadata", text, "") for text in GOOD_OBJECTS)
    yield Case("metadata", '{"reason": "' + "é" * (SMALL // 2) + '"}', "")
    yield Case("metadata", '{"reason": "' + "é" * (SMALL // 2) + 'x"}', "host_events_size")
    yield Case("metadata", '{"a": "' + "x" * (LARGE - 9) + '"}', "")
    yield Case("metadata", '{"a": "' + "x" * (LARGE - 8) + '"}', "host_events_size")
    for column in (*LISTS, "metadata"):
        opened, closed = ("{", "}") if column == "metadata" else ("[", "]")
        yield Case(column, f"{opened}\0{closed}", "host_events_json|host_events_no_nul")
        yield Case(column, (opened + closed).encode() + b"\xff", "host_events_json|host_events_text")
    for data in (b'["\xed\xa0\x80"]', b'["\xff"]', b'["\xc0\x80"]'):
        yield from (Case(column, data, "host_events_json|host_events_text") for column in LISTS)
        yield Case("metadata", b'{"a": ' + data + b"}", "host_events_json|host_events_text")
