"""The link check finds what leads nowhere, and only that."""

from pathlib import Path

from tools.links import broken, pages

TARGET = """# The `one` command: what's new?

## Twice

## Twice

<a id="by-hand"></a>
"""

PAGE = """# Here

[file](target.md) [folder](sub) [image](../picture.png) ![](/picture.png) [out](https://example.org/x#y)
[heading](target.md#the-one-command-whats-new) [first](target.md#twice) [second](target.md#twice-1) [own](#here)
[by hand](target.md#by-hand) [space](a%20b.txt) [line](a%20b.txt#L3) [reference][r] <a href="target.md">html</a>

| table |
|---|
| [in a table](target.md) |

`[code](gone.md)`

    [more code](gone.md)

[r]: target.md "Title"
"""

BAD = """[1](gone.md) [2](target.md#gone) ![3](gone.png) <img src="gone.svg"> [5](../../outside.md) [r]

| table |
|---|
| [6](#gone) [7](target.md#twice-2) |

[r]: gone.txt
"""


def test_links(tmp_path: Path) -> None:
    root, docs = tmp_path / "root", tmp_path / "root" / "docs"
    (docs / "sub").mkdir(parents=True)
    for file in (tmp_path / "outside.md", root / "picture.png", docs / "a b.txt", docs / "sub" / "x"):
        file.touch()
    for name, text in (("target.md", TARGET), ("good.md", PAGE), ("bad.md", BAD)):
        (docs / name).write_text(text)
    assert list(broken(docs / "target.md", root)) == list(broken(docs / "good.md", root)) == []
    assert [line.removeprefix("docs/bad.md: ") for line in broken(docs / "bad.md", root)] == [
        "gone.md: there is no such file",
        "target.md#gone: there is no such heading",
        "gone.png: there is no such file",
        "gone.svg: there is no such file",
        "../../outside.md: there is no such file",
        "gone.txt: there is no such file",
        "#gone: there is no such heading",
        "target.md#twice-2: there is no such heading",
    ]


def test_pages_are_ours(tmp_path: Path) -> None:
    for name in ("README.md", "docs/a.md", ".venv/b.md", "build/c.md", "docs/.cache/d.md", "docs/e.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert [str(page.relative_to(tmp_path)) for page in pages(tmp_path)] == ["README.md", "docs/a.md"]
