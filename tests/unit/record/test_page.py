"""The page of a run is text whatever stands in it, and needs nothing from elsewhere."""

import re

from keepalived.record.events import ClientView, Events, HeldThen, Line, Seen, Unanswered
from keepalived.record.page import page

HOSTILE = "</title><script>alert(1)</script><img src=x onerror=alert(1)>\"'&\x1b[31m"


def events() -> Events:
    cluster = Seen(("10.10.0.2",), ("server01", HOSTILE), [HeldThen(1, {"server01": frozenset(), HOSTILE: None})] * 2)
    cluster.watched["10.10.0.2"] = ClientView(1, 2, (Unanswered(1.5, 0.1, 3),))
    lines = [
        Line(1, f"--> Starting operation: {HOSTILE}", "plain"),
        Line(2, HOSTILE, "error"),
        Line(3, "    [server01] Success", "plain"),
    ]
    return Events(HOSTILE, HOSTILE, 1.0, 65.5, HOSTILE, True, lines, {HOSTILE: cluster})


def test_no_text_becomes_markup() -> None:
    html = page(events())
    assert "<script" not in html
    assert "<img" not in html
    assert "\x1b" not in html
    assert html.count("&lt;script&gt;alert(1)") == 9  # title, heading, by, outcome, cluster, node, its bar, step, line


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
