"""Bytes on the wire: names, sockets, TLS, HTTP/1.1, and the adapter that `requests` uses."""
