"""Names: one canonical form for each address and hostname, InvalidData for all other text."""

import ipaddress
import random
import subprocess
import sys
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hostsdb.errors import InvalidData
from hostsdb.names import canonical_hostname, canonical_ip, ip_sort_key

any_text = st.text(st.characters(codec=None))
octets = st.integers(0, 999).map(str) | st.from_regex(r"0?[0-9]{1,2}", fullmatch=True)
ascii_labels = st.from_regex(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,20}[A-Za-z0-9_])?", fullmatch=True)
unicode_labels = st.text(st.characters(categories=["L", "N", "Mn"]), min_size=1, max_size=10)


def error_of(function: object, text: object) -> str:
    assert callable(function)
    with pytest.raises(InvalidData) as caught:
        function(text)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("0.0.0.0", "0.0.0.0"),
        ("2001:DB8:0:0:0:0:0:10", "2001:db8::10"),
        ("fe00::0", "fe00::"),
        ("fe80::1%eth0", "fe80::1%eth0"),
        ("FE80::1%Eth0", "fe80::1%Eth0"),
        ("::FFFF:10.0.0.1", "::ffff:10.0.0.1"),
        ("::ffff:a00:1%2", "::ffff:10.0.0.1%2"),
    ],
)
def test_an_address_has_one_form(text: str, canonical: str) -> None:
    assert canonical_ip(text) == canonical


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "localhost", "10.0.0.300", "10.0.0", "010.0.0.1", "10.0.0.1 ", "10.0.0.1\n", "1.2.3.4/8"),
        *("1\u0662.0.0.1", ":::", "1::2::3", "::1%", "::1%a%b", "10.0.0.1%eth0", "10.0.0.1\0", "\udc80"),
        *("fe80::1%a b", "fe80::1%a\tb", "fe80::1%a#b", "fe80::1%\n", "fe80::1%\u2028", "fe80::1%\udc80"),
    ],
)
def test_text_that_is_not_an_address_is_an_error(text: str) -> None:
    assert error_of(canonical_ip, text).endswith('" is not an IP address')


@given(st.ip_addresses())
def test_every_address_is_read_from_each_of_its_forms(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    canonical = canonical_ip(str(address))
    assert canonical_ip(address.exploded) == canonical_ip(str(address).upper()) == canonical
    assert ipaddress.ip_address(canonical) == address
    assert canonical_ip(canonical) == canonical
    if not getattr(address, "ipv4_mapped", None):  # Python versions differ on these
        assert canonical == str(address)


@given(st.lists(octets, min_size=3, max_size=5).map(".".join))
def test_ipv4_agrees_with_ipaddress(text: str) -> None:
    try:
        expected: str | None = str(ipaddress.IPv4Address(text))
    except ValueError:
        expected = None
    if expected is None:
        error_of(canonical_ip, text)
    else:
        assert canonical_ip(text) == expected == text


@given(any_text | st.from_regex(r"[0-9a-f:.]+(%.*)?"))
def test_an_address_or_invalid_data(text: str) -> None:
    try:
        canonical = canonical_ip(text)
    except InvalidData as error:
        assert str(error).isprintable()
    else:
        assert canonical_ip(canonical) == canonical


def test_addresses_sort_by_number() -> None:
    ordered = [
        "0.0.0.0",
        "9.0.0.1",
        "10.0.0.2",
        "10.0.0.10",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:1.2.3.4",
    ]
    ordered += [
        "fe80::1",
        "fe80::1%a",
        "fe80::1%b",
        "ff02::1",
        "",
        "10.0.0.300",
        "x",
        "é",
        "\udc80",
        "\uffff",
        "\U0001f600",
    ]
    mixed = random.Random(1).sample(ordered, len(ordered))
    assert sorted(mixed, key=ip_sort_key) == ordered


@given(any_text, any_text)
def test_different_texts_have_different_sort_keys(a: str, b: str) -> None:
    assert (ip_sort_key(a) == ip_sort_key(b)) == (a == b)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("localhost", "localhost"),
        ("Checkra1n.CC", "checkra1n.cc"),
        ("nas.lan.", "nas.lan"),
        ("k8s_node_2", "k8s_node_2"),
        ("_dmarc.Example.org", "_dmarc.example.org"),
        ("1", "1"),
        ("3com.example", "3com.example"),
        ("1.2.3", "1.2.3"),
        ("1.2.3.4.5", "1.2.3.4.5"),
        ("a--b", "a--b"),
        ("a" * 63 + ".b", "a" * 63 + ".b"),
        (("a" * 49 + ".") * 5 + "abc.", ("a" * 49 + ".") * 5 + "abc"),
        ("XN--MNCHEN-3YA.de", "xn--mnchen-3ya.de"),
        ("München.de", "xn--mnchen-3ya.de"),
        ("MU\u0308NCHEN.DE", "xn--mnchen-3ya.de"),
        ("straße.de", "xn--strae-oqa.de"),
        ("例え。テスト。", "xn--r8jz45g.xn--zckzah"),
        ("_sip.münchen.de.", "_sip.xn--mnchen-3ya.de"),
        ("\uff2e\uff21\uff33.lan", "nas.lan"),
    ],
)
def test_a_hostname_has_one_form(text: str, canonical: str) -> None:
    assert canonical_hostname(text) == canonical
    assert canonical_hostname(canonical) == canonical


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it is empty"),
        (".", "it is empty"),
        ("a..b", "it has an empty label"),
        (".a", "it has an empty label"),
        ("a..", "it has an empty label"),
        ("ü。。", "it has an empty label"),
        ("-a.b", "it has a label that begins or ends with a hyphen"),
        ("b.a-", "it has a label that begins or ends with a hyphen"),
        ("a" * 64, "it has a label of more than 63 characters"),
        ("a." * 126 + "ab", "it is longer than 253 characters"),
        ("a" * 2000, "it is longer than 253 characters"),
        ("ü" * 2000, "it is longer than 253 characters"),
        ("a b", 'it has a " "; only letters, digits, hyphens and underscores are allowed'),
        ("a\n", r'it has a "\n"; only letters, digits, hyphens and underscores are allowed'),
        ("a\0", r'it has a "\x00"; only letters, digits, hyphens and underscores are allowed'),
        ("a\uff0fb", 'it has a "/"; only letters, digits, hyphens and underscores are allowed'),
        ("10.0.0.300", "it looks like an IP address"),
        ("0.0.0.0.", "it looks like an IP address"),
    ],
)
def test_text_that_is_not_a_hostname_is_an_error_with_a_reason(text: str, why: str) -> None:
    assert error_of(canonical_hostname, text).endswith(f'" is not a hostname: {why}')


@pytest.mark.parametrize("text", ["\udcff", "♥.de", "a\ufffdb", "\u202eabc", "ü b", "-ü", "é" * 60])
def test_text_that_idna_does_not_allow_is_an_error(text: str) -> None:
    assert " is not a hostname: IDNA does not allow it: " in error_of(canonical_hostname, text)


@example("\u0130")
@example("xn--\u00fc")
@given(any_text | st.lists(ascii_labels | unicode_labels, min_size=1).map(".".join))
def test_a_hostname_or_invalid_data(text: str) -> None:
    try:
        canonical = canonical_hostname(text)
    except InvalidData as error:
        assert str(error).isprintable()
        assert len(str(error)) < 2000
    else:
        assert canonical_hostname(canonical) == canonical
        assert canonical == canonical.lower()
        assert canonical.isascii() and 0 < len(canonical) <= 253


@given(st.lists(ascii_labels, min_size=1, max_size=3), st.sampled_from(["", "."]))
def test_every_ascii_name_is_kept_in_lower_case(labels: list[str], root: str) -> None:
    assert canonical_hostname(".".join(labels) + root) == ".".join(labels).lower()


@pytest.mark.parametrize("function", [canonical_ip, canonical_hostname])
@pytest.mark.parametrize("value", [None, 5, b"a", ["a"]])
def test_a_value_that_is_not_text_is_an_error(function: object, value: object) -> None:
    assert type(value).__name__ in error_of(function, value)


@pytest.mark.parametrize("function", [canonical_ip, canonical_hostname])
@pytest.mark.parametrize("char", ["a", "1", ".", ":", "-", "\0", "é", "\udc80"])
def test_giant_text_is_an_error_without_reading_it(function: object, char: str) -> None:
    giant = char * 50_000_000
    start = time.process_time()
    message = error_of(function, giant)
    assert time.process_time() - start < 0.1  # reading it all takes longer
    assert len(message) < 1000


def test_ascii_names_never_load_idna() -> None:
    code = "import sys, hostsdb.names as n; n.canonical_hostname('A.b'); sys.exit('idna' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
