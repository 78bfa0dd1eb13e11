# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Reads the page of --html-report, without a browser and with one."""

import html
import json
import shutil
import subprocess
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

VOID = {"meta", "br", "hr", "img", "link", "input"}
# Attributes that make a browser load something.
LOADING = {"src", "srcset", "href", "data", "action", "poster", "background"}
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# Nothing of a page from a file needs the network, nor does the browser.
BROWSER_OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
    "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--hide-scrollbars")


@dataclass
class Page(HTMLParser):
    """What stands in the file: elements, the data, what would be loaded."""
    tags: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)
    unclosed: list[str] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str,
                        attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.ids += [value or "" for key, value in attrs if key == "id"]
        self.loaded += [value or "" for key, value in attrs
                        if key in LOADING and not (value or "").startswith("#")]
        if tag not in VOID:
            self.unclosed.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.unclosed or self.unclosed.pop() != tag:
            raise ValueError(f"</{tag}> closes nothing")

    def handle_data(self, data: str) -> None:
        key = self.unclosed[-1] if self.unclosed else ""
        if key == "script":
            key += str(self.tags.count("script"))
        self.texts[key] = self.texts.get(key, "") + data

    @property
    def data(self) -> dict:
        return json.loads(self.texts["script1"])


def read_page(path: Path) -> Page:
    page = Page()
    page.feed(path.read_text(encoding="utf-8"))
    page.close()
    return page


def find_browser() -> str | None:
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def render(browser: str, path: Path, profile: Path) -> str:
    """The document as it stands after its script has run."""
    done = subprocess.run(
        [browser, *BROWSER_OPTIONS, f"--user-data-dir={profile}",
         "--window-size=1400,2000", "--virtual-time-budget=4000",
         "--dump-dom", path.as_uri()],
        capture_output=True, text=True, timeout=120, check=True)
    return done.stdout


def frame_page(path: Path, width: int) -> str:
    """A page with this one in a frame, every layer opened, whose title says
    how wide that is. Windows of a browser cannot be as narrow as a phone."""
    inner = html.escape(path.read_text(encoding="utf-8"))
    return f"""<!DOCTYPE html><title>not drawn</title>
<iframe style="width:{width}px;height:900px;border:0" srcdoc="{inner}"></iframe>
<script>
const frame = document.querySelector("iframe");
frame.onload = () => {{
  const inside = frame.contentDocument;
  for (const layer of inside.querySelectorAll("details")) layer.open = true;
  setTimeout(() => {{
    const root = inside.documentElement;
    document.title = `${{root.scrollWidth}} of ${{root.clientWidth}}`;
  }}, 500);
}};
</script>
"""
