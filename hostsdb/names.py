"""The canonical text of addresses and hostnames, and the numeric order of addresses."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from ipaddress import IPv6Address

from hostsdb.errors import InvalidData, escaped

# The same IPv4 texts that `ipaddress` accepts, in a quarter of its time. All of them are canonical.
_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
IPV4 = rf"{_OCTET}\.{_OCTET}\.{_OCTET}\.{_OCTET}"
_IPV4 = re.compile(IPV4)
# The longest IPv6 text has 45 characters; the rest is room for the name of an interface.
_LONGEST_IP = 128
# RFC 1035, 2.3.4 allows 255 bytes on the wire, which are 253 characters of text.
_LONGEST_NAME = 253
# A Unicode name may become shorter when it is normalised. This is the limit of the `idna` package.
_LONGEST_UNICODE_NAME = 1024

# RFC 1123, 2.1, with the underscore that service records and devices use. A name in dotted-decimal form is not allowed
# (same section): a resolver takes it for an address. The hosts reader uses the pattern within a line.
# No possessive quantifier on a group: Python before 3.11.5 then ignores what the group rejects.
PLAIN_NAME = (
    r"(?![0-9]+\.[0-9]+\.[0-9]+\.[0-9]+(?![a-z0-9_.-]))"
    r"(?!-)[a-z0-9_-]{1,63}+(?<!-)(?:\.(?!-)[a-z0-9_-]{1,63}+(?<!-))*"
)
_NAME = re.compile(PLAIN_NAME)
_TOO_LONG = f"it is longer than {_LONGEST_NAME} characters"
_OTHER_CHARACTER = re.compile(r"[^a-z0-9_.-]")


def canonical_ip(text: str) -> str:
    """Return an IP address in canonical form.

    Arguments:
        text: an IPv4 or IPv6 address in any form that `ipaddress` reads. An IPv6 scope (`fe80::1%eth0`) stays as it is;
            it must not contain blanks, `#` or control characters.
    Returns:
        the address. IPv6 is compressed and in lower case (RFC 5952): `2001:db8::1`, `::ffff:10.0.0.1`.
    Raises:
        InvalidData: the text is not an IP address. Leading zeros (`010.0.0.1`) are not allowed, because some systems
            read them as octal.
    """
    if not isinstance(text, str):  # ipaddress reads the number 5 as 0.0.0.5
        raise InvalidData(f"an IP address must be text, not {type(text).__name__}")
    if _IPV4.fullmatch(text):
        return text
    known = _read_ipv6(text) if len(text) <= _LONGEST_IP else None
    if known is None:
        raise InvalidData(f'"{escaped(text)}" is not an IP address')
    return known[0]


@lru_cache(maxsize=4096)  # a blocklist repeats one address on every line
def _read_ipv6(text: str) -> tuple[str, int] | None:
    try:
        address = IPv6Address(text)
    except ValueError:
        return None
    # `ipaddress` accepts any text as a scope, also blanks and line breaks.
    scope = address.scope_id or ""
    if not scope.isprintable() or " " in scope or "#" in scope:
        return None
    mapped = address.ipv4_mapped
    if mapped is None:
        return str(address), int(address)
    # Python 3.13 writes ::ffff:1.2.3.4 as RFC 5952 recommends, older versions write ::ffff:102:304. All versions must
    # store the same text.
    return f"::ffff:{mapped}" + (scope and f"%{scope}"), int(address)


def ip_sort_key(ip_text: str) -> tuple[int, int, bytes]:
    """Return a key that sorts addresses by number: IPv4, then IPv6, then other text.

    Arguments:
        ip_text: any text; raw SQL can store text that is not an address.
    Returns:
        4, 6, or 7 for other text; the address as an integer, 0 for other text; the text in UTF-8.
    """
    raw = ip_text.encode("utf-8", "surrogatepass")
    if _IPV4.fullmatch(ip_text):
        return 4, int.from_bytes(map(int, ip_text.split("."))), raw
    known = _read_ipv6(ip_text) if len(ip_text) <= _LONGEST_IP else None
    return (6, known[1], raw) if known else (7, 0, raw)


def canonical_hostname(text: str) -> str:
    """Return a hostname in canonical form.

    Arguments:
        text: a hostname by RFC 1123, in upper or lower case, with or without a root dot at the end. Underscores are
            allowed. An international name is read by UTS 46 and IDNA 2008.
    Returns:
        the name in ASCII and lower case, without the root dot. It has at most 253 characters, each label 1 to 63.
        International labels become `xn--...`.
    Raises:
        InvalidData: the text is not a hostname; the message gives the reason.
    """
    if not isinstance(text, str):
        raise InvalidData(f"a hostname must be text, not {type(text).__name__}")
    if len(text) > _LONGEST_UNICODE_NAME:  # first, because the other checks read all of it
        raise _not_a_hostname(text, _TOO_LONG)
    name = (text.lower() if text.isascii() else _ascii_name(text)).removesuffix(".")
    if len(name) > _LONGEST_NAME or not _NAME.fullmatch(name):
        raise _not_a_hostname(text, _reason(name))
    return name


def _ascii_name(text: str) -> str:
    import idna  # slow to import, and few names need it

    try:
        labels = idna.uts46_remap(text, std3_rules=False).split(".")
        # One label at a time: `idna` accepts no underscore in the ASCII labels.
        return ".".join(x if x.isascii() else idna.alabel(x).decode("ascii") for x in labels)
    except UnicodeError as error:
        raise _not_a_hostname(text, f"IDNA does not allow it: {escaped(str(error), 120)}") from error


def _reason(name: str) -> str:
    if not name:
        return "it is empty"
    if len(name) > _LONGEST_NAME:
        return _TOO_LONG
    if odd := _OTHER_CHARACTER.search(name):
        return f'it has a "{escaped(odd[0])}"; only letters, digits, hyphens and underscores are allowed'
    labels = name.split(".")
    if "" in labels:
        return "it has an empty label"
    if any(len(label) > 63 for label in labels):
        return "it has a label of more than 63 characters"
    if any(label[0] == "-" or label[-1] == "-" for label in labels):
        return "it has a label that begins or ends with a hyphen"
    return "it looks like an IP address"


def _not_a_hostname(text: str, reason: str) -> InvalidData:
    return InvalidData(f'"{escaped(text)}" is not a hostname: {reason}')


def canonical_mail(text: str) -> str:
    """Return a mail address with its domain in canonical form.

    Raises:
        InvalidData: it is not one, or its user has other characters than ASCII, or more than 63.
    """
    user, _, domain = text.partition("@")
    if not domain or not user.isascii() or not user.isprintable() or not 0 < len(user) < 64 or " " in user:
        raise InvalidData(f'"{escaped(text)}" is not a mail address; write one like admin@example.net')
    return f"{user}@{canonical_hostname(domain)}"


def canonical_or_none(canonical: Callable[[str], str], text: str) -> str | None:
    """Return a text in a canonical form, or None if it has none.

    Arguments:
        canonical: `canonical_ip` or `canonical_hostname`.
    """
    try:
        return canonical(text)
    except InvalidData:
        return None
