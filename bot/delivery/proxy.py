"""Which proxy leads to Telegram, by the environment."""

from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from bot.errors import OperatorMistake


def environment_proxy(url: str) -> str | None:
    """The proxy that HTTPS_PROXY, HTTP_PROXY or ALL_PROXY name for an address, unless NO_PROXY holds its host.

    Raises OperatorMistake for a SOCKS proxy, which aiohttp does not speak.
    """
    parts = urlsplit(url)
    proxies = getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    if not proxy or not parts.hostname or proxy_bypass(parts.netloc):
        return None
    if "://" not in proxy:
        proxy = f"http://{proxy}"
    scheme = urlsplit(proxy).scheme
    if scheme not in {"http", "https"}:
        raise OperatorMistake(
            f"The environment names a {scheme} proxy for Telegram: set {parts.scheme.upper()}_PROXY to an HTTP proxy "
            "(most SOCKS programs offer one beside), or take the host into NO_PROXY."
        )
    return proxy
