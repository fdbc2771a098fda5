"""A site as a person uses it, in a real browser: sort, filter, follow links, keyboard, phone, night, paper.

It takes Playwright (the extra `browser`) and Chromium, and is skipped, with a reason, where one of them is missing.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urldefrag, urlsplit

import pytest

pytestmark = pytest.mark.browser
sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install '.[browser]'")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
if CHROMIUM is None:
    pytest.skip("no Chromium was found: apt-get install chromium", allow_module_level=True)

PAGES = (
    "index.html", "leaderboards.html", "comparison.html", "attacks.html", "attacks/knn.html", "published.html",
    "published/imageclef2023.html", "runs/weak-0/index.html", "runs/weak-0/report.html", "runs/strangers/index.html",
)  # fmt: skip
CHECKED = ("index.html", "leaderboards.html", "comparison.html", "attacks/knn.html", "runs/strangers/index.html")
VIOLATED = """axe.run(document, {resultTypes: ["violations"]})
    .then(all => all.violations.map(one => [one.id, one.nodes[0].html]))"""
# A page has one vertical scrollbar; rows are whole pixels high, or their lines break at the column that stays.
FAULTS_OF_TABLES = """[...document.querySelectorAll('.scroll')].filter(one => one.scrollHeight > one.clientHeight + 1)
    .concat([...document.querySelectorAll('.scroll :is(.ranks, .standings, .compared) tr')]
        .filter(one => one.getBoundingClientRect().height % 1))
    .map(one => one.outerHTML.slice(0, 200))"""
PATIENCE_MS = 10_000
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 420, "height": 900}
OFFLINE = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking")


@pytest.fixture(scope="module")
def browser() -> Iterator[sync_api.Browser]:
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=list(OFFLINE))
        yield started
        started.close()


class Watched:
    """A page that remembers what went wrong on it, and what it asked for beside files."""

    def __init__(self, page: sync_api.Page, site: Path) -> None:
        self.page, self.site = page, site
        self.wrong: list[str] = []
        page.on("console", lambda message: self.wrong.append(message.text))
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("request", self._asked)

    def _asked(self, request: sync_api.Request) -> None:
        if urlsplit(request.url).scheme not in ("file", "data"):
            self.wrong.append(f"asked for {request.url}")

    def open(self, file: str) -> sync_api.Page:
        self.page.goto((self.site / file).as_uri())
        return self.page


@pytest.fixture
def watched(browser, made) -> Iterator[Watched]:
    context = browser.new_context(viewport=WIDE)
    context.set_default_timeout(PATIENCE_MS)
    seen = Watched(context.new_page(), made.site)
    yield seen
    context.close()
    assert seen.wrong == []


def column(page: sync_api.Page, table: str, at: int) -> list[str]:
    """The texts of a column's cells that can be seen, from the top."""
    cells = page.locator(f"{table} tbody tr:visible > :nth-child({at})")
    return [text.split("\n")[0].split(" ")[0] for text in cells.all_inner_texts()]


def test_a_click_on_a_head_sorts_and_says_so(watched):
    page = watched.open("index.html")
    head = page.locator("th", has_text="AUC on shadows")
    assert head.get_attribute("aria-sort") == "none"
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    values = [float(text) for text in column(page, ".runs", 2)]
    assert values == sorted(values, reverse=True)
    assert len(set(values)) > 2
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "ascending"
    assert column(page, ".runs", 2) == [f"{value:.3f}" for value in sorted(values)]
    page.locator("th", has_text="seed").get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "none"


def test_filters_leave_what_was_asked_for_and_the_address_keeps_them(watched):
    page = watched.open("index.html")
    told = page.locator("#filters output")
    assert told.inner_text() == "4 of 4 runs shown"
    page.get_by_label("generators").select_option("strangers")
    assert column(page, ".runs", 1) == ["strangers"]
    assert told.inner_text() == "1 of 4 runs shown"
    page.get_by_label("attack", exact=True).select_option("loss")
    assert column(page, ".runs", 1) == []
    page.get_by_role("button", name="Show all").click()
    page.get_by_label("the attacker holds").select_option("model")
    assert column(page, ".runs", 1) == ["strong"]
    assert page.url.endswith("index.html#access=model")
    page.reload()
    assert column(page, ".runs", 1) == ["strong"]
    page.get_by_label("data").select_option("folder")
    assert told.inner_text() == "0 of 4 runs shown"


def test_an_empty_table_of_the_leaderboards_goes_with_its_heading(watched):
    page = watched.open("leaderboards.html")
    assert page.locator("h2:visible").count() == 4
    page.get_by_label("attack", exact=True).select_option("loss")
    assert page.locator(".task:visible").all_inner_texts() == ["phantom: dct, 200 steps from nothing"]
    assert set(column(page, ".ranks", 1)) == {"loss"}
    assert page.locator("table:visible").count() == 2


def test_every_link_leads_to_a_page_and_a_place_on_it(watched, made):
    files = sorted(made.site.rglob("*.html"))
    links: set[str] = set()
    ids: dict[str, set[str]] = {}
    for file in files:
        page = watched.open(str(file.relative_to(made.site)))
        ids[file.as_uri()] = set(page.eval_on_selector_all("[id]", "all => all.map(one => one.id)"))
        links |= set(page.eval_on_selector_all("a[href]", "all => all.map(one => one.href)"))
    inner = {link for link in links if link.startswith("file:")}
    assert {urldefrag(link).url for link in inner} == set(ids)
    for link in inner:
        file, place = urldefrag(link)
        assert not place or place in ids[file], link
    assert {urlsplit(link).scheme for link in links - inner} == {"https"}


def test_all_can_be_done_by_keyboard(watched):
    page = watched.open("index.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    assert page.locator(".skip").bounding_box()["y"] >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#main"
    reached = []
    for _ in range(40):
        page.keyboard.press("Tab")
        shows = "getComputedStyle(document.activeElement).outlineStyle"
        assert page.evaluate(shows) != "none" or page.evaluate("document.activeElement === document.body")
        reached.append(page.evaluate("document.activeElement.tagName + (document.activeElement.name || '')"))
        if page.evaluate("document.activeElement.textContent.trim() === 'AUC on shadows'"):
            break
    assert {"SELECTdata", "SELECTfamily", "SELECTaccess", "SELECTattack"} <= set(reached)
    page.keyboard.press("Enter")
    assert page.locator("th", has_text="AUC on shadows").get_attribute("aria-sort") == "descending"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_sees_no_page_wider_than_itself(browser, made, scheme):
    context = browser.new_context(viewport=PHONE, color_scheme=scheme)
    seen = Watched(context.new_page(), made.site)
    for file in PAGES:
        page = seen.open(file)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], file
        assert page.evaluate(FAULTS_OF_TABLES) == [], file
    context.close()
    assert seen.wrong == []


def test_it_is_dark_where_the_system_or_the_reader_wants_it_so(browser, made):
    context = browser.new_context(viewport=WIDE, color_scheme="dark")
    seen = Watched(context.new_page(), made.site)
    page, paper = seen.open("index.html"), "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(paper)
    page.get_by_role("button", name="Dark").click()
    light = page.evaluate(paper)
    assert (dark, light) == ("rgb(20, 23, 26)", "rgb(252, 251, 248)")
    assert page.get_by_role("button", name="Dark").get_attribute("aria-pressed") == "false"
    for _ in range(50):  # other pages keep to it, as soon as the browser has put down what one page remembers
        if seen.open("attacks.html").evaluate(paper) == light:
            break
        page.wait_for_timeout(100)
    assert page.evaluate(paper) == light
    context.close()
    assert seen.wrong == []


def test_without_script_all_of_it_is_there_and_nothing_that_would_not_work(browser, made):
    context = browser.new_context(viewport=WIDE, java_script_enabled=False)
    page = context.new_page()
    page.goto((made.site / "index.html").as_uri())
    assert page.locator(".runs tbody tr:visible").count() == 4
    assert page.locator("#filters").is_hidden()
    assert page.locator("#theme").is_hidden()
    context.close()


def test_on_paper_it_is_light_and_without_what_is_to_be_clicked(browser, made):
    context = browser.new_context(viewport=WIDE, color_scheme="dark")
    page = context.new_page()
    for file in ("index.html", "leaderboards.html", "runs/weak-0/index.html"):
        page.goto((made.site / file).as_uri())
        page.emulate_media(media="print")
        assert page.locator(".pages").is_hidden()
        assert page.locator("#theme").is_hidden()
        assert page.evaluate("getComputedStyle(document.querySelector('h1')).color") == "rgb(29, 34, 39)"
        assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
    context.close()


def test_no_rule_of_accessibility_is_broken(browser, made):
    package = pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is not installed")
    rules = (Path(package.__file__).parent / "axe.min.js").read_text()
    context = browser.new_context(viewport=WIDE, bypass_csp=True)  # our own policy would not let axe in
    page, found = context.new_page(), []
    for scheme, files in (("light", CHECKED), ("dark", CHECKED[:1])):
        page.emulate_media(color_scheme=scheme)
        for file in files:
            page.goto((made.site / file).as_uri())
            page.evaluate(rules)
            found += [(scheme, file, *one) for one in page.evaluate(VIOLATED)]
    context.close()
    assert found == []
