"""The grammar of HTTP fields, for who writes them, reads them or checks them: expressions alone."""

FIELD_NAME = r"[!#$%&'*+.^_`|~0-9A-Za-z-]++"
"""A token (RFC 9110, section 5.6.2)."""
FIELD_TEXT = r"[^\r\n\0]*+"
"""What may stand on a line of a field, as it is read: more than RFC 9110, section 5.5, allows."""
