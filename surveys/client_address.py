"""Whose request it is, as far as the network tells: the last address that nobody can make up."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """The address that the outermost proxy of ours saw, of TRUSTED_PROXY_COUNT; IPv6: its /64.

    What stands further left in X-Forwarded-For came with the request and may say anything. With
    no proxy, or where the header is too short, the address of the connection. A household has a
    whole /64, so that its addresses are one.
    """
    said = str(request.META.get("REMOTE_ADDR", ""))
    proxies = settings.TRUSTED_PROXY_COUNT
    if proxies > 0:
        hops = request.headers.get("X-Forwarded-For", "").split(",")
        if len(hops) >= proxies:
            said = hops[-proxies].strip() or said
    return _network(said)


def _network(said: str) -> str:
    try:
        address = ipaddress.ip_address(said.strip("[]"))
    except ValueError:
        return said[:100]
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((int(address), 64), strict=False))
    return str(address)
