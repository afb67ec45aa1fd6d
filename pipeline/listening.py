"""Listening: a socket on an address and a port, for what is opened in a browser.

Belongs here: binding it, and saying which of the two is at fault. Does not belong here: what is served over it.
"""

from __future__ import annotations

import errno
import socket

from pipeline.errors import UserError


def bind(host: str, port: int) -> socket.socket:
    """A socket that is bound to an address and a port.

    Raises:
        UserError: it cannot be; the message says which option to change.
    """
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except (OSError, OverflowError) as error:  # the latter of a port beyond 65535
        bound.close()
        is_host = isinstance(error, socket.gaierror) or getattr(error, "errno", None) == errno.EADDRNOTAVAIL
        said = getattr(error, "strerror", None) or error
        option = "--host" if is_host else "--port"
        raise UserError(f"cannot listen on {host} port {port} ({said}): choose another with {option}") from None
    return bound
