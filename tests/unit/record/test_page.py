"""The page of a run is text whatever stands in it, and needs nothing from elsewhere."""

import re

from keepalived.record.events import Broken, ClientView, Events, HeldThen, Line, Seen, Unanswered
from keepalived.record.page import page

HOSTILE = "</title><script>alert(1)</script><img src=x onerror=alert(1)>\"'&\x1b[31m"


def events() -> Events:
    cluster = Seen(("10.10.0.2",), ("server01", HOSTILE), [HeldThen(1, {"server01": frozenset(), HOSTILE: None})] * 2)
    cluster.watched["10.10.0.2"] = ClientView(1, 2, (Unanswered(1.5, 0.1, 3),), (Broken(1.6, HOSTILE),))
    lines = [
        Line(1, f"--> Starting operation: {HOSTILE}", "plain"),
        Line(2, HOSTILE, "error"),
        Line(3, "    [server01] Success", "plain"),
    ]
    return Events(HOSTILE, HOSTILE, 1.0, 65.5, HOSTILE, True, lines, [HOSTILE], {HOSTILE: cluster})


def test_no_text_becomes_markup() -> None:
    html = page(events())
    assert "<script" not in html
    assert "<img" not in html
    assert "\x1b" not in html
    # title, heading, by, nodes (twice), outcome, what went wrong, cluster, node, its bar, the broken connection, what
    # the client saw, the table of steps, the step and the line that were printed
    assert html.count("&lt;script&gt;alert(1)") == 15


def test_it_names_nothing_that_lies_elsewhere() -> None:
    html = page(events())
    assert not re.search(r"https?:|//|url\(|\bsrc=(?!x)|\bhref=|@import", html)
    assert "default-src 'none'" in html


def test_lines_have_the_time_since_the_beginning_and_steps_their_number() -> None:
    html = page(events())
    assert re.search(r"<td>2 s</td><td><pre>    \[server01\] Success", html)
    assert re.search(r'class="step"><td>0 s</td><td><pre>1\. ', html)
    assert re.search(r'class="error"><td>1 s', html)
    assert "after 1:04" in html


def test_a_run_that_stopped_tells_on_top_what_went_wrong_and_what_to_do() -> None:
    stopped = events()
    stopped.lines = [
        Line(1, "a warning of the plan", "warning"),
        Line(2, "    [server01] it failed", "error"),
        Line(3, "    server01 is drained. Restore it:", "warning"),
        Line(4, "--> Disconnecting", "plain"),
    ]
    told = page(stopped).partition("What went wrong, and what to do")[2].partition("<h2>")[0]
    assert "it failed" in told
    assert "Restore it:" in told
    assert "a warning of the plan" not in told
    assert "Disconnecting" not in told
    stopped.failed = False
    assert "What went wrong" not in page(stopped)
