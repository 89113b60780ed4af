"""Proxies, as the environment or the system names them."""

import urllib.request
from functools import cache
from urllib.parse import urlsplit

from ....port_types.errors import InvalidSetting

__all__ = ["LOGIN_NEEDED", "Proxies"]

LOGIN_NEEDED = (
    "the proxy answered 407: it wants a user name and a password; put them into HTTP_PROXY and HTTPS_PROXY "
    "as http://USER:PASSWORD@HOST:PORT."
)


class Proxies:
    """The proxies of this machine: HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY, or the system's settings.

    Raises:
        InvalidSetting: a proxy is named that cannot be used.
    """

    def __init__(self) -> None:
        found = urllib.request.getproxies()
        self._by_scheme = {
            scheme: _usable(scheme, proxy)
            for scheme in ("http", "https")
            if (proxy := found.get(scheme) or found.get("all"))
        }
        self._bypasses = cache(urllib.request.proxy_bypass)

    @property
    def passwords(self) -> list[str]:
        """What must not be shown of them."""
        return [password for proxy in self._by_scheme.values() if (password := urlsplit(proxy).password)]

    def proxy_for(self, scheme: str, host: str, port: int | None) -> str | None:
        """Return the url of the proxy through which a url with these parts is asked for, None for a direct way."""
        proxy = self._by_scheme.get(scheme)
        if not proxy or self._bypasses(f"{host}:{port}" if port else host):
            return None
        return proxy


def _usable(scheme: str, proxy: str) -> str:
    """Return the url of a proxy, which may be given as host and port alone.

    Raises:
        InvalidSetting: it is not an HTTP proxy; the sentence does not repeat its password.
    """
    url = proxy if "://" in proxy else f"http://{proxy}"
    try:
        parts = urlsplit(url)
        usable, shown = bool(parts.hostname) and parts.port != 0, f"{parts.scheme}://{parts.hostname}"
    except ValueError:
        usable, shown = False, "that is set"
    where = f"{scheme.upper()}_PROXY, ALL_PROXY or the system's settings"
    if not usable:
        raise InvalidSetting(f"The proxy {shown} is not a url such as http://proxy.example:3128; correct {where}.")
    if parts.scheme not in ("http", "https"):
        raise InvalidSetting(
            f"The proxy {shown} speaks {parts.scheme.upper()}, but only HTTP proxies can be used; name one in {where}, "
            "or exempt the service in NO_PROXY."
        )
    return url
