"""The range of VRRP's priorities. Pure."""

from __future__ import annotations

LOWEST_PRIORITY = 1
HIGHEST_PRIORITY = 254  # 255 means "owner of the address" (RFC 5798, 5.2.4) and keepalived then ignores all tracking
