"""What a node says is shown without what a terminal obeys."""

import pytest

from keepalived.spec.plain_text import plain


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("kernel upgrade", "kernel upgrade"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ("é, 日本, 😀", "é, 日本, 😀"),
        ("\x1b[2J", "�[2J"),
        ("\x9b31m", "�31m"),
        ("a\rb\bc\x7f", "a�b�c�"),
        ("\u202eevil\u200b", "�evil�"),
    ],
)
def test_control_characters_are_replaced(text: str, shown: str) -> None:
    assert plain(text) == shown
