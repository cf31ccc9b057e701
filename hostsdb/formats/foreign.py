"""Files of other programs that hostsdb does not read. They are refused as a whole, not with an error for each line."""

from __future__ import annotations

import re

# Each format: what its first line that is not a comment looks like, its name, and what to do instead.
_FORMATS = [
    (r"(?i)<(?:!doctype|html|\?xml)", "a web page", "check the address that it was downloaded from"),
    (
        r"(?i)\[adblock|!|\|\||@@\|\|",
        "an adblock filter list",
        "most publishers also offer the list in hosts format; import that one",
    ),
    (
        r"\[[a-z_.]+\]\s*(?:$|#)|[a-z]\w*\s*=\s*(?:\[|\"|true|false)",
        "a TOML file, such as Pi-hole's pihole.toml",
        "import /etc/pihole/hosts/custom.list, which has its hosts",
    ),
    (
        r"(?:http|dns|filtering|users|rewrites|querylog|schema_version|auth_attempts):|- domain:|---",
        "a YAML file, such as AdGuard Home's AdGuardHome.yaml",
        'write its rewrites as lines of "ADDRESS NAME", and import that file',
    ),
    (
        r"\$(?:ORIGIN|TTL|INCLUDE)\b|\S+\s+(?:\d+\s+)?IN\s+(?:SOA|NS|A|AAAA)\s",
        "a zone file",
        'write its A and AAAA records as lines of "ADDRESS NAME", and import that file',
    ),
]
_COMMENTS = re.compile(r"(?:[ \t\r]*(?:[#;][^\n]*)?\n)*[ \t]*")


def foreign_format(head: bytes) -> str | None:
    """Return which other format a file has and what to do instead; None if hostsdb may read it.

    Arguments:
        head: the first bytes of the file, at least a few hundred.
    """
    text = head.decode("utf-8", "replace").removeprefix("\ufeff")
    comments = _COMMENTS.match(text)
    first_line = text[comments.end() if comments else 0 :].partition("\n")[0].rstrip()
    for pattern, name, advice in _FORMATS:
        if re.match(pattern, first_line):
            return f"it is {name}, not a file of hosts; {advice}"
    return None
