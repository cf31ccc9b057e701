"""The one written form of an address and of a hostname, and the numeric order of addresses."""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import IPv6Address

from hostsdb.errors import InvalidData, escaped

# Exactly the IPv4 texts that `ipaddress` reads, in a quarter of its time; all are canonical.
_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
IPV4 = rf"{_OCTET}\.{_OCTET}\.{_OCTET}\.{_OCTET}"
_IPV4 = re.compile(IPV4)
# Longer than the longest IPv6 text (45 characters) with any interface name a system allows.
_LONGEST_IP = 128
# RFC 1035, 2.3.4 allows 255 bytes on the wire, which leaves 253 characters of text.
_LONGEST_NAME = 253
# A Unicode name may shrink when it is normalised; what the `idna` package reads at most.
_LONGEST_UNICODE_NAME = 1024

# RFC 1123, 2.1, with the underscore that service records and devices use. A name in dotted-decimal
# form is none (same section): every resolver takes it for an address and never looks it up.
# Also for names within a line, where a blank, a `#` or the end must follow.
PLAIN_NAME = (
    r"(?![0-9]+\.[0-9]+\.[0-9]+\.[0-9]+(?![a-z0-9_.-]))"
    r"(?!-)[a-z0-9_-]{1,63}+(?<!-)(?:\.(?!-)[a-z0-9_-]{1,63}+(?<!-))*+"
)
_NAME = re.compile(PLAIN_NAME)
_TOO_LONG = f"it is longer than {_LONGEST_NAME} characters"
_OTHER_CHARACTER = re.compile(r"[^a-z0-9_.-]")


def canonical_ip(text: str) -> str:
    """Return an IP address in its one written form.

    Arguments:
        text: an IPv4 or IPv6 address as `ipaddress` reads it; an IPv6 scope (`fe80::1%eth0`) is
            kept as it is, and may hold no blank, `#` or control character.
    Returns:
        the address, IPv6 compressed and in lower case (RFC 5952): `2001:db8::1`, `::ffff:10.0.0.1`.
    Raises:
        InvalidData: it is no address. Leading zeros (`010.0.0.1`) are none: systems differ on
            whether they are octal.
    """
    if not isinstance(text, str):  # ipaddress would take the number 5 for 0.0.0.5
        raise InvalidData(f"an IP address is text, not {type(text).__name__}")
    if _IPV4.fullmatch(text):
        return text
    known = _read_ipv6(text) if len(text) <= _LONGEST_IP else None
    if known is None:
        raise InvalidData(f'"{escaped(text)}" is not an IP address')
    return known[0]


@lru_cache(maxsize=4096)  # hosts files repeat addresses: a blocklist has one on every line
def _read_ipv6(text: str) -> tuple[str, int] | None:
    try:
        address = IPv6Address(text)
    except ValueError:
        return None
    # `ipaddress` takes any text for a scope, even one that would end the field or the line.
    scope = address.scope_id or ""
    if not scope.isprintable() or " " in scope or "#" in scope:
        return None
    mapped = address.ipv4_mapped
    if mapped is None:
        return str(address), int(address)
    # Python 3.13 writes ::ffff:1.2.3.4 as RFC 5952 wants it, older ones ::ffff:102:304; one
    # database must see one form from all of them.
    return f"::ffff:{mapped}" + (scope and f"%{scope}"), int(address)


def ip_sort_key(ip_text: str) -> tuple[int, int, bytes]:
    """Return a key that sorts addresses by number: IPv4, then IPv6, then what is no address.

    Arguments:
        ip_text: any text; writers of raw SQL can store what is no address.
    Returns:
        (4, 6 or 7 for no address; the address as an integer; the text's bytes in UTF-8).
    """
    raw = ip_text.encode("utf-8", "surrogatepass")
    if _IPV4.fullmatch(ip_text):
        return 4, int.from_bytes(map(int, ip_text.split("."))), raw
    known = _read_ipv6(ip_text) if len(ip_text) <= _LONGEST_IP else None
    return (6, known[1], raw) if known else (7, 0, raw)


def canonical_hostname(text: str) -> str:
    """Return a hostname in its one written form.

    Arguments:
        text: a hostname by RFC 1123 with underscore allowed, in any case, with or without one
            root dot at its end; or an international name, read by UTS 46 and IDNA 2008.
    Returns:
        the name in ASCII and lower case, without a root dot, at most 253 characters in labels of
        1 to 63; international labels as `xn--...`.
    Raises:
        InvalidData: it is no hostname; the message says why.
    """
    if not isinstance(text, str):
        raise InvalidData(f"a hostname is text, not {type(text).__name__}")
    if len(text) > _LONGEST_UNICODE_NAME:  # before anything that reads all of it
        raise _no_hostname(text, _TOO_LONG)
    name = (text.lower() if text.isascii() else _ascii_name(text)).removesuffix(".")
    if len(name) > _LONGEST_NAME or not _NAME.fullmatch(name):
        raise _no_hostname(text, _why_not(name))
    return name


def _ascii_name(text: str) -> str:
    import idna  # costs more than all else here, and few names need it

    try:
        labels = idna.uts46_remap(text, std3_rules=False).split(".")
        # Label by label: `idna` refuses an underscore in the ASCII neighbours.
        return ".".join(x if x.isascii() else idna.alabel(x).decode("ascii") for x in labels)
    except UnicodeError as error:
        raise _no_hostname(text, f"IDNA refuses it, {escaped(str(error), 120)}") from error


def _why_not(name: str) -> str:
    if not name:
        return "it is empty"
    if len(name) > _LONGEST_NAME:
        return _TOO_LONG
    if odd := _OTHER_CHARACTER.search(name):
        return f'it has a "{escaped(odd[0])}"; letters, digits, hyphens and underscores may stand there'
    labels = name.split(".")
    if "" in labels:
        return "it has an empty label"
    if any(len(label) > 63 for label in labels):
        return "it has a label of more than 63 characters"
    if any(label[0] == "-" or label[-1] == "-" for label in labels):
        return "it has a label that begins or ends with a hyphen"
    return "it has the form of an address"


def _no_hostname(text: str, why: str) -> InvalidData:
    return InvalidData(f'"{escaped(text)}" is not a hostname: {why}')
