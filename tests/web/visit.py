"""A page as a person sees and uses it, in a real browser."""

from __future__ import annotations

import base64
from typing import Any

from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.expected_conditions import staleness_of
from selenium.webdriver.support.wait import WebDriverWait

from contract.document import operation_id
from stacks import ROOT

PICTURES = ROOT / ".build" / "screenshots"
PATIENCE = 20  # seconds
# Everything that shifts while nobody touches the page; Chromium counts from the first one on.
_SHIFTS = """
window.shifts = [];
new PerformanceObserver((list) => {
  for (const each of list.getEntries().filter((each) => !each.hadRecentInput))
    window.shifts.push([each.value, ...each.sources.map((source) => source.node?.outerHTML?.slice(0, 80))]);
}).observe({ type: "layout-shift", buffered: true });
"""


class Visit:
    """One person at one page."""

    def __init__(self, browser: Chrome, url: str) -> None:
        self.browser = browser
        self.url = url
        browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": _SHIFTS})
        self.look(1280)

    def open(self) -> None:
        self.browser.get(self.url)
        self.wait_for("#routes")

    def look(self, width: int, scheme: str = "light") -> None:
        """A window of this width, on a machine set to light or dark."""
        metrics = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 600}
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        wishes = {"prefers-color-scheme": scheme, "prefers-reduced-motion": "reduce"}  # else half-way colors
        features = [{"name": name, "value": value} for name, value in wishes.items()]
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})

    def picture(self, name: str) -> None:
        """The whole page as a desk, a phone and a phone at night show it; nothing may stick out to the side."""
        PICTURES.mkdir(parents=True, exist_ok=True)
        for width, scheme in ((1280, "light"), (1280, "dark"), (360, "light"), (360, "dark")):
            self.look(width, scheme)
            assert self.script("return document.scrollingElement.scrollWidth") <= width, f"{name} at {width} px"
            shot = self.browser.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True})
            (PICTURES / f"{name}-{width}-{scheme}.png").write_bytes(base64.b64decode(shot["data"]))
        self.look(1280)

    def script(self, source: str, *arguments: Any) -> Any:
        return self.browser.execute_script(source, *arguments)

    def pass_time(self, seconds: float) -> None:
        """Set the page's clock forward; timers that look at the clock notice within some seconds."""
        self.script("const now = Date.now; Date.now = () => now() + 1000 * arguments[0]", seconds)

    def go_offline(self) -> None:
        self.browser.execute_cdp_cmd("Network.enable", {})
        network = {"offline": True, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
        self.browser.execute_cdp_cmd("Network.emulateNetworkConditions", network)

    def wait_for(self, selector: str, text: str = "", other_than: str | None = None) -> WebElement:
        """The element, once it is seen and has the text, and no longer `other_than`."""

        def seen(browser: Chrome) -> WebElement | None:
            found = (each for each in browser.find_elements(By.CSS_SELECTOR, selector) if each.is_displayed())
            return next((each for each in found if text in each.text != other_than), None)

        redrawn = [StaleElementReferenceException]
        return WebDriverWait(self.browser, PATIENCE, ignored_exceptions=redrawn).until(
            seen, f"{selector} with {text!r} must be seen"
        )

    def fill(self, selector: str, text: str) -> WebElement:
        field = self.wait_for(selector)
        field.clear()
        field.send_keys(text)
        return field

    def press(self, name: str) -> None:
        buttons = self.browser.find_elements(By.CSS_SELECTOR, "button")
        next(each for each in buttons if each.is_displayed() and each.accessible_name == name).click()

    def press_summary(self, details: str) -> None:
        self.wait_for(f"{details} > summary").click()

    def call(self, key: str) -> tuple[str, str]:
        """Press the route's button; the status and what the page says or shows of the answer."""
        status = f"#{_row(key)} .answer .status"
        earlier = self.browser.find_elements(By.CSS_SELECTOR, status)
        self.press(f"Call {key}")
        for each in earlier:
            WebDriverWait(self.browser, PATIENCE).until(staleness_of(each))
        answer = self.wait_for(status)
        return answer.text, self.wait_for(f"#{_row(key)} .preview").text

    def sign_in(self, name: str, password: str) -> None:
        self.press("Sign in")
        self.fill("input[name=username]", name)
        self.fill("input[name=password]", password)

    @property
    def stored(self) -> dict[str, str]:
        """All that any storage of the page's origin holds, cookies too."""
        return self.script(
            "return {...sessionStorage, ...localStorage, ...(document.cookie && {cookie: document.cookie})}"
        )

    def problems(self) -> list[str]:
        """What the browser's console says: faults, and what the policy refused; not the API's refusals."""
        said = [each for each in self.browser.get_log("browser") if each["level"] in {"WARNING", "SEVERE"}]
        return [
            each["message"]
            for each in said
            if each["source"] != "network" and "blocked by CORS policy" not in each["message"]
        ]


def _row(key: str) -> str:
    return f"route-{operation_id(key)}"
