"""requests' connection to a single host: its pool is looked up once, not for each call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from requests.adapters import HTTPAdapter

if TYPE_CHECKING:
    from requests import PreparedRequest


class OneHost(HTTPAdapter):
    """An adapter whose requests all go to one host, with the same certificates and proxies."""

    _pool: Any = None

    def get_connection_with_tls_context(
        self, request: PreparedRequest, verify: Any, proxies: Any = None, cert: Any = None
    ) -> Any:
        """The host's pool of connections."""
        if self._pool is None:
            self._pool = super().get_connection_with_tls_context(request, verify, proxies, cert)
        return self._pool
