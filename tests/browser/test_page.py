"""Pages in a real browser: they open from a file, ask for nothing else, step, fold, and take keys."""

import json
import os
import pathlib

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

import tinygrad_edu as tg
from tinygrad_edu import nn, viz
from tinygrad_edu.models import GPT, DenseNet, LeNet, UNet, resnet20

HOSTILE = "</script><script>document.title='broken'</script><img src=x onerror=\"document.title='broken'\">"


@pytest.fixture
def opened(browser, tmp_path):
    """Opens a page; afterwards nothing may have been asked for and nothing complained of."""

    def open_page(page):
        path = page.save(tmp_path / "page.html")
        browser.get("about:blank")
        for log in ("performance", "browser"):
            browser.get_log(log)
        browser.get(path.as_uri())
        return browser

    yield open_page
    assert browser.get_log("browser") == []
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    asked = [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]
    assert all(url.startswith(("file://", "data:")) and url.endswith(".html") for url in asked), asked


def expression():
    a, b = (tg.tensor(x, requires_grad=True) for x in (2.0, -3.0))
    return viz.step(a * b + a, names={"a": a, "b": b})


def texts(browser, selector):
    return [element.text for element in browser.find_elements(By.CSS_SELECTOR, selector)]


def panel(browser):
    return browser.find_element(By.ID, "panel").text


def test_stepping_shows_the_right_numbers(opened):
    browser = opened(expression())
    assert browser.find_element(By.ID, "count").text == "1 of 8"
    assert "Backward starts here" in panel(browser)
    assert texts(browser, ".grad") == ["1"]
    assert sorted(texts(browser, ".value")) == ["-3", "-4", "-4", "-6", "2"], "a, b, a * b, the sum, and the output"
    forward = browser.find_element(By.ID, "forward")
    seen = []
    for _ in range(7):
        forward.click()
        seen.append(panel(browser).splitlines()[1])
    assert "used more than once" in " ".join(seen)
    assert sum("The gradient has arrived" in line for line in seen) == 2
    grads = {
        box.find_element(By.CSS_SELECTOR, ".heading").text: box
        for box in browser.find_elements(By.CSS_SELECTOR, ".parameter")
    }
    assert set(grads) == {"a", "b"}
    assert sorted(texts(browser, ".grad")) == ["-2", "1", "1", "2"]
    browser.find_element(By.ID, "first").click()
    assert texts(browser, ".grad") == ["1"]
    browser.find_element(By.ID, "last").click()
    assert browser.find_element(By.ID, "count").text == "8 of 8"
    assert "lit" in browser.find_elements(By.CSS_SELECTOR, ".lit")[0].get_attribute("class")


def test_the_rule_is_drawn_as_a_formula(opened):
    browser = opened(expression())
    browser.find_element(By.ID, "forward").click()
    math = browser.find_element(By.CSS_SELECTOR, "#panel math")
    assert math.size["width"] > 30
    assert "gradient that comes in" in panel(browser)


def test_keys_step_and_play(opened):
    browser = opened(expression())
    body = browser.find_element(By.TAG_NAME, "body")
    count = browser.find_element(By.ID, "count")
    body.send_keys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    assert count.text == "3 of 8"
    body.send_keys(Keys.ARROW_LEFT)
    assert count.text == "2 of 8"
    body.send_keys(Keys.END)
    assert count.text == "8 of 8"
    body.send_keys(Keys.HOME)
    assert count.text == "1 of 8"
    body.send_keys(" ")
    assert browser.find_element(By.ID, "play").get_attribute("aria-label") == "Pause"
    body.send_keys(" ")
    assert browser.find_element(By.ID, "play").get_attribute("aria-label") == "Play"


def test_a_box_is_jumped_to(opened):
    browser = opened(expression())
    box = next(b for b in browser.find_elements(By.CSS_SELECTOR, ".box") if b.text.startswith("mul"))
    box.click()
    assert panel(browser).startswith("mul")
    assert "lit" in box.get_attribute("class")


def page_of(model, x):
    with viz.Scopes(model) as scopes:
        loss = model(x).square().mean()
    return viz.step(loss, names=model, scopes=scopes)


RECTANGLES = """
const place = (element) => element.getBoundingClientRect();
const boxes = [...document.querySelectorAll(".box")].map((box) => place(box.querySelector("rect:last-of-type")));
const frames = [...document.querySelectorAll(".frame")].map(place);
const apart = (a, b) =>
  a.right <= b.left + 1 || b.right <= a.left + 1 || a.bottom <= b.top + 1 || b.bottom <= a.top + 1;
const within = (a, b) =>
  a.left >= b.left - 1 && a.right <= b.right + 1 && a.top >= b.top - 1 && a.bottom <= b.bottom + 1;
"""


def overlaps(browser):
    """How many boxes overlap another, or the edge of a frame; measured by the browser."""
    program = """
let bad = 0;
boxes.forEach((a, k) => { bad += boxes.slice(k + 1).filter((b) => !apart(a, b)).length; });
for (const a of boxes) bad += frames.filter((f) => !apart(a, f) && !within(a, f)).length;
return bad;
"""
    return browser.execute_script(RECTANGLES + program)


def test_modules_open_and_close(opened):
    browser = opened(page_of(resnet20(), tg.rand(2, 3, 32, 32)))
    before = len(browser.find_elements(By.CSS_SELECTOR, ".box"))
    assert overlaps(browser) == 0
    for scope in ("layer1.1", "layer2.0", "layer3.0", "layer3.0.conv1"):
        browser.execute_script(
            "arguments[0].scrollIntoView()", browser.find_element(By.CSS_SELECTOR, f'[data-scope="{scope}"]')
        )
        browser.find_element(By.CSS_SELECTOR, f'.box[data-scope="{scope}"]').click()
        assert overlaps(browser) == 0, scope
    assert len(browser.find_elements(By.CSS_SELECTOR, ".box")) > before + 15
    title = browser.find_element(By.CSS_SELECTOR, '.frame-title[data-scope="layer1.1"]')
    title.send_keys(Keys.ENTER)
    box = browser.find_element(By.CSS_SELECTOR, '.box[data-scope="layer1.1"]')
    assert box == browser.switch_to.active_element
    box.send_keys(Keys.ENTER)
    assert browser.find_elements(By.CSS_SELECTOR, '.frame-title[data-scope="layer1.1"]')
    for scope in ("layer1", "layer2", "layer3"):
        browser.find_element(By.CSS_SELECTOR, f'.frame-title[data-scope="{scope}"]').send_keys(Keys.ENTER)
    assert overlaps(browser) == 0


@pytest.mark.parametrize(
    ("make", "data"), [(LeNet, lambda: tg.rand(2, 1, 28, 28)), (UNet, lambda: tg.rand(1, 1, 32, 32))]
)
def test_lines_and_names_end_where_boxes_are(opened, make, data):
    browser = opened(page_of(make(), data()))
    program = """
return [...document.querySelectorAll(".arrow")].filter((arrow) => {
  const tip = arrow.getPointAtLength(0).matrixTransform(arrow.getScreenCTM());
  const at = {left: tip.x - 2, right: tip.x + 2, top: tip.y - 2, bottom: tip.y + 2};
  return boxes.every((box) => apart(at, box));
}).length;
"""
    assert browser.execute_script(RECTANGLES + program) == 0
    far = """
return [...document.querySelectorAll(".label")].map(place).filter((label) => {
  const around = {left: label.left - 60, right: label.right + 60, top: label.top - 30, bottom: label.bottom + 30};
  return boxes.every((box) => apart(around, box));
}).length;
"""
    assert browser.execute_script(RECTANGLES + far) == 0, "names stand by the boxes that they belong to"


def test_hostile_names_stay_text(opened):
    w = tg.tensor([1.0], requires_grad=True)
    model = nn.Sequential()
    model.add_module("<img src=x onerror=alert(1)>", nn.Linear(1, 1))
    browser = opened(viz.step((model(w) * w).sum(), names={HOSTILE: w, "": model}, title=HOSTILE))
    assert browser.title.startswith("</script>")
    assert not browser.find_elements(By.TAG_NAME, "img")
    assert any("</script>" in text for text in texts(browser, ".heading"))


def test_a_page_of_a_graph_without_steps(opened):
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    browser = opened(viz.page(viz.trace(model(tg.rand(4, 2)), names=model)))
    assert not browser.find_element(By.ID, "player").is_displayed()
    browser.find_elements(By.CSS_SELECTOR, ".box")[0].click()
    assert "shape" in panel(browser)


def test_a_notebook_frame_steps_too(opened, browser, tmp_path):
    class Frame(viz.Page):
        pass

    frame = Frame(f"<!doctype html><meta charset=utf-8><title>cell</title>{expression()._repr_html_()}")
    opened(frame)
    browser.switch_to.frame(0)
    browser.find_element(By.ID, "forward").click()
    assert browser.find_element(By.ID, "count").text == "2 of 8"
    browser.switch_to.default_content()


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.cell, self.head = nn.LSTMCell(4, 8), nn.Linear(8, 2)

    def forward(self, x):
        h = c = tg.zeros(1, 8)
        for step in x:
            h, c = self.cell(step, (h, c))
        return self.head(h)


SCREENS = {
    "resnet20": lambda: page_of(resnet20(), tg.rand(1, 3, 32, 32)),
    "lstm-100": lambda: page_of(Recurrent(), tg.rand(100, 1, 4)),
    "unet": lambda: page_of(UNet(), tg.rand(1, 1, 32, 32)),
    "gpt-4": lambda: page_of(GPT(65, 16, 4, 4, 32), tg.randint(0, 65, (2, 16))),
    "densenet": lambda: page_of(DenseNet(), tg.rand(1, 3, 32, 32)),
    "lenet": lambda: page_of(LeNet(), tg.rand(4, 1, 28, 28)),
    "expression": expression,
}


@pytest.mark.parametrize(("name", "theme"), [*((name, "light") for name in SCREENS), ("lenet", "dark")])
def test_screenshots(opened, name, theme):
    folder = pathlib.Path(os.environ.get("TINYGRAD_EDU_SCREENSHOTS", ".cache/screenshots"))
    folder.mkdir(parents=True, exist_ok=True)
    browser = opened(SCREENS[name]())
    browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": theme}]}
    )
    browser.find_element(By.TAG_NAME, "body").send_keys(Keys.ARROW_RIGHT)
    paper = browser.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert paper == {"light": "rgb(255, 255, 255)", "dark": "rgb(22, 24, 28)"}[theme]
    assert overlaps(browser) == 0
    assert browser.save_screenshot(str(folder / f"{name}-{theme}.png"))
