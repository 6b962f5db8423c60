"""A client of a web server that opens a new connection for each request: `python -m lab.web URL`.

Asks ten times a second until its standard input ends, and then writes `{"asked": 300, "failed": [[WHEN, WHY], ...],
"longest": 0.007, "seconds": 30.1}`: WHEN in seconds since the epoch, the longest answer, and for how long it asked.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from urllib.request import urlopen

INTERVAL_SECONDS = 0.1
ANSWER_SECONDS = 5


def main(url: str) -> None:
    """Asks until nobody listens any more."""
    ended = threading.Event()

    def listen() -> None:
        sys.stdin.read()
        ended.set()

    threading.Thread(target=listen, daemon=True).start()
    asked, failed, longest = 0, [], 0.0
    start = due = time.monotonic()
    while not ended.wait(max(0.0, due - time.monotonic())):
        due += INTERVAL_SECONDS
        asked += 1
        now = time.time()
        try:
            with urlopen(url, timeout=ANSWER_SECONDS) as answer:  # noqa: S310 - the caller names it
                answer.read()
        except OSError as error:
            failed.append([now, str(error)])
        longest = max(longest, time.time() - now)
    seconds = time.monotonic() - start
    print(json.dumps({"asked": asked, "failed": failed, "longest": longest, "seconds": seconds}))


if __name__ == "__main__":
    main(sys.argv[1])
