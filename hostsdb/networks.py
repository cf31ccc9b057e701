"""Networks of IP addresses."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network

from hostsdb.errors import InvalidData, escaped
from hostsdb.names import canonical_ip, ip_sort_key

_LONGEST = 128


class Network:
    """An address, which contains only itself, or a network such as `10.0.0.0/8`.

    Arguments:
        text: an address in any form, or a network with a prefix length or a netmask. Host bits are ignored.
    Attributes:
        prefix: the text with which all addresses of the network begin, in canonical form. It may be empty.
    Raises:
        InvalidData: the text is neither.
    """

    def __init__(self, text: str) -> None:
        self._network = _read(text) if isinstance(text, str) and "/" in text else None
        self.prefix: str = canonical_ip(text) if self._network is None else _prefix(self._network)

    def __contains__(self, ip_address: str) -> bool:
        """Return whether a stored address is in the network. Text that is not in canonical form is in none."""
        if self._network is None:
            return ip_address == self.prefix
        version, number, _ = ip_sort_key(ip_address)
        first, last = int(self._network.network_address), int(self._network.broadcast_address)
        if version != self._network.version or not first <= number <= last:
            return False
        return version == 4 or canonical_ip(ip_address) == ip_address


def _read(text: str) -> IPv4Network | IPv6Network:
    try:
        if len(text) <= _LONGEST:
            return ip_network(text, strict=False)
    except ValueError:
        pass
    raise InvalidData(f'"{escaped(text)}" is not a network; write it as 10.0.0.0/8 or 2001:db8::/32')


def _prefix(network: IPv4Network | IPv6Network) -> str:
    if isinstance(network, IPv4Network):
        whole = network.prefixlen // 8
        octets = str(network.network_address).split(".")[:whole]
        return ".".join(octets) + ("." if 0 < whole < 4 else "")
    return _prefix_v6(network)


def _prefix_v6(network: IPv6Network) -> str:
    # The canonical form may replace groups of zeros by "::". Groups before the first zero are always written.
    first, last = (x.exploded.split(":") for x in (network.network_address, network.broadcast_address))
    prefix = ""
    for place, (low, high) in enumerate(zip(first, last, strict=True)):
        if low != high:
            return prefix + _common(low, high)
        if low == "0000":
            return prefix
        prefix += low.lstrip("0") + (":" if place < 7 else "")
    return prefix


def _common(low: str, high: str) -> str:
    """Return the first digits that all groups from low to high have."""
    if low[0] == "0":  # leading zeros are not written
        return ""
    return "".join(
        a
        for place, (a, b) in enumerate(zip(low, high, strict=True))
        if low[:place] == high[:place] and a == b
    )
