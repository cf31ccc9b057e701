"""Replacing one block of a file: the rest of the file does not change."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostsdb import InvalidData
from hostsdb.formats import replace_block


@pytest.mark.parametrize(
    ("old", "content", "new"),
    [
        (b"", b"x\n", b"# BEGIN us\nx\n# END us\n"),
        (b"", b"", b"# BEGIN us\n# END us\n"),
        (b"a\n", b"x", b"a\n# BEGIN us\nx\n# END us\n"),
        (b"a", b"x\n", b"a\n# BEGIN us\nx\n# END us\n"),
        (b"a\r\nb", b"x\ny\n", b"a\r\nb\r\n# BEGIN us\r\nx\r\ny\r\n# END us\r\n"),
        (b"a\n# BEGIN us\nold\n# END us\nb", b"x\ny\n", b"a\n# BEGIN us\nx\ny\n# END us\nb"),
        (b"# BEGIN us\n# END us", b"x\n", b"# BEGIN us\nx\n# END us"),
        (b"# BEGIN us\nold\n# END us\n", b"", b"# BEGIN us\n# END us\n"),
        (b"# BEGIN us \t\r\nold\r\n# END us\r\n", b"x\r\ny\n", b"# BEGIN us \t\r\nx\r\ny\r\n# END us\r\n"),
        (
            b"# BEGIN b\n# BEGIN us\n# END us\n# END b\n#BEGIN us\n # BEGIN us\n# BEGIN us2\n",
            b"x\n",
            b"# BEGIN b\n# BEGIN us\nx\n# END us\n# END b\n#BEGIN us\n # BEGIN us\n# BEGIN us2\n",
        ),
        (b"\xff\0\r# END us\n\x0b", b"x", b"\xff\0\r# END us\n\x0b\n# BEGIN us\nx\n# END us\n"),
    ],
)
def test_blocks(old: bytes, content: bytes, new: bytes) -> None:
    assert replace_block(old, "us", content) == new
    assert replace_block(new, "us", content) == new


@pytest.mark.parametrize(
    ("old", "message"),
    [
        (b"a\n# BEGIN us\n", "line 2: # BEGIN us has no # END line after it"),
        (b"# END us", "line 1: # END us has no # BEGIN line before it"),
        (b"# END us\n# BEGIN us\n", "line 1: # END us has no # BEGIN line before it"),
        (b"# BEGIN us\n# BEGIN us\n# END us\n", "line 2: # BEGIN us occurs twice"),
        (b"# BEGIN us\n# END us\n\n# BEGIN us\n# END us\n", "line 4: # BEGIN us occurs twice"),
        (b"# BEGIN us\n# END us\n# END us\n", "line 3: # END us has no # BEGIN line before it"),
        (
            b"# BEGIN us\n# BEGIN b\n# END b\n# END us\n",
            "line 2: # BEGIN b is inside the block us, which",
        ),
        (b"# BEGIN us\n# END \xff\x1b\n# END us\n", r"line 2: # END \\xff\\x1b is inside the block us"),
    ],
)
def test_an_error_about_markers_gives_the_line(old: bytes, message: str) -> None:
    with pytest.raises(InvalidData, match=f"^{message}"):
        replace_block(old, "us", b"x\n")


@pytest.mark.parametrize("name", ["", " ", " a", "a\n", "a\nb", "a\tb", "\ud800", "a\u2028b", "a\r"])
def test_a_name_is_one_line(name: str) -> None:
    with pytest.raises(InvalidData, match="is not a block name"):
        replace_block(b"", name, b"")


@pytest.mark.parametrize("marker", [b"# BEGIN us", b"# END us", b"# END other \r\n"])
def test_the_content_has_no_markers(marker: bytes) -> None:
    with pytest.raises(
        InvalidData, match=r"line 2 of the new content is a marker line: # (BEGIN|END) (us|other)$"
    ):
        replace_block(b"", "us", b"x\n" + marker)


lines = st.lists(st.sampled_from([b"a", b"\xff", b"# END", b"# BEGINus", b"\r", b""]) | st.binary()).map(
    lambda x: b"\n".join(x)
)


@given(lines, lines, lines, st.sampled_from(["us", "a b", "größe", ".*", "x" * 2000]))
def test_every_other_byte_stays(before: bytes, content: bytes, after: bytes, name: str) -> None:
    begin, end = f"# BEGIN {name}\n".encode(), f"# END {name}\n".encode()
    old = before + b"\n" + begin + b"gone\n" + end + after
    new = replace_block(old, name, content)
    assert new.startswith(before + b"\n" + begin) and new.endswith(end + after)
    assert replace_block(new, name, b"gone") == old
    appended = replace_block(before, name, content)
    assert appended.startswith(before)
    assert replace_block(appended, name, content) == appended


@given(
    st.lists(st.sampled_from([b"# BEGIN us\n", b"# END us\r\n", b"# END us", b"x\n", b"\n", b"# BEGIN b\n"]))
)
def test_any_markers_give_a_new_block_or_an_error(parts: list[bytes]) -> None:
    old = b"".join(parts)
    try:
        new = replace_block(old, "us", b"y\n")
    except InvalidData:
        return
    lines = [line.strip() for line in new.split(b"\n")]
    assert lines.count(b"# BEGIN us") == lines.count(b"# END us") == 1
    assert replace_block(new, "us", b"y\n") == new
