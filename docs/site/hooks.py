"""What the site needs that GitHub does not: pages of the repository's top, and links of pages as a site has them.

A page in `docs/` may link to `../CONTRIBUTING.md`, to a folder such as `../examples`, or to a source file. The first
are pages of the site, too; of the others a page is made that shows the code.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import TYPE_CHECKING

from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[2]
OF_THE_TOP = {
    "README.md": "project/overview.md",
    "CONTRIBUTING.md": "project/contributing.md",
    "CHANGELOG.md": "project/changelog.md",
    "SECURITY.md": "project/security.md",
    "examples": "project/examples.md",
}
_LANGUAGES = {".py": "python", ".toml": "toml", ".ipynb": "json"}
_LINK = re.compile(r"(\]\()([^)\s#]+)((?:#[^)\s]*)?\))")
_LOADED = re.compile(r"<(?:script|img|iframe|source|link)\b[^>]*\b(?:src|href)=[\"']?(https?:[^\s>\"']+)")
_FENCE = re.compile(r"^(?:```.*?^```|~~~~.*?^~~~~)$", re.DOTALL | re.MULTILINE)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages of the repository's top, and a page of each source that a page links to."""
    made = {src: _text_of(path) for path, src in OF_THE_TOP.items()}
    pages = [(f"docs/{one.src_uri}", one.content_string) for one in files.documentation_pages()]
    pages += [(path, (ROOT / path).read_text(encoding="utf-8")) for path in OF_THE_TOP if path.endswith(".md")]
    for origin, text in pages:
        for link in _LINK.findall(_FENCE.sub("", text)):
            path = _in_repository(origin, link[1])
            if path is not None and not path.startswith("docs/") and path not in OF_THE_TOP:
                made[_source_page(path)] = _text_of(path)
    for src, text in sorted(made.items()):
        files.append(File.generated(config, src, content=text))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Lead the links of a page to where the site has what they name."""
    del config, files
    top = {src: path for path, src in OF_THE_TOP.items()}
    origin = top.get(page.file.src_uri, f"docs/{page.file.src_uri}")
    here = posixpath.dirname(page.file.src_uri)

    def lead(link: re.Match[str]) -> str:
        path = _in_repository(origin, link[2])
        if path is None:
            return link[0]
        src = path.removeprefix("docs/") if path.startswith("docs/") else OF_THE_TOP.get(path, _source_page(path))
        return link[1] + posixpath.relpath(src, here or ".") + link[3]

    parts = re.split(f"({_FENCE.pattern})", markdown, flags=_FENCE.flags)
    return "".join(part if place % 2 else _LINK.sub(lead, part) for place, part in enumerate(parts))


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """Refuse a page that would fetch anything from elsewhere: who reads the pages is told to nobody."""
    del config
    elsewhere = _LOADED.findall(output)
    if elsewhere:
        raise PluginError(f"{page.file.src_uri} would load {', '.join(elsewhere)}; the site has to hold it itself.")
    return output


def _in_repository(origin: str, link: str) -> str | None:
    """The path below the repository's top that a link of a page leads to; None for one that leads out or nowhere."""
    if re.match(r"[a-z]+:", link):
        return None
    path = posixpath.normpath(posixpath.join(posixpath.dirname(origin), link))
    return path if (ROOT / path).exists() else None


def _source_page(path: str) -> str:
    return f"project/source/{path.replace('/', '_').replace('.', '_')}.md"


def _text_of(path: str) -> str:
    """A page as it is; of code, a page that shows it."""
    place = ROOT / path
    if path.endswith(".md"):
        return place.read_text(encoding="utf-8")
    if place.is_dir():
        code = sorted(one for one in place.rglob("*") if one.suffix in _LANGUAGES)
        return f"# {path.capitalize()}\n\n" + "\n".join(f"## {one.name}\n\n{_code(one)}" for one in code)
    return f"# {path}\n\n{_code(place)}"


def _code(path: Path) -> str:
    return f"~~~~{_LANGUAGES.get(path.suffix, 'text')}\n{path.read_text(encoding='utf-8').rstrip()}\n~~~~\n"
