"""The machine that figures were taken on."""

from __future__ import annotations

import os
import platform
import re
from pathlib import Path


def machine() -> str:
    """`AMD EPYC, 2 cores, 24 GiB, Linux 6.18`"""
    found = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    model = found.group(1) if found else platform.machine()
    kernel = ".".join(platform.release().split(".")[:2])
    return f"{model}, {os.cpu_count()} cores, {memory:.0f} GiB, Linux {kernel}"
