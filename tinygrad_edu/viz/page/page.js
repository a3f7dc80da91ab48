"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
const [HEAD, FOOT] = data.room;
const steps = data.steps || [];
const opened = new Set(data.open || []);
const byId = (id) => document.getElementById(id);

// Elements are made by name and filled by textContent alone: no name of a user's ever becomes markup.
function make(parent, name, attributes = {}, text = "") {
  const svg = parent instanceof SVGElement || name === "svg";
  const element = svg ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== "") element.textContent = text;
  parent.append(element);
  return element;
}

// Layout. Each module was laid out by itself, its own modules closed. One that is open is larger: what stands right of
// its middle moves right, what stands left stays, and what is below its layer moves down, so that nothing meets.

function stretch(module, grown) {
  const down = new Map(), across = new Map();
  for (const { box, width, height } of grown) {
    const [x, y, w, h] = box.at;
    const middle = Math.round(y + h / 2), centre = Math.round(x + w / 2);
    const layer = down.get(middle) || { from: 0, by: 0 };
    down.set(middle, { from: Math.max(layer.from, y + h), by: Math.max(layer.by, height - h) });
    across.set(centre, Math.max(across.get(centre) || 0, width - w));
  }
  const moveX = (x) => [...across].reduce((sum, [at, by]) => sum + (Math.abs(x - at) <= 1 ? by / 2 : x > at ? by : 0), 0);
  const moveY = (y) => [...down.values()].reduce((sum, { from, by }) => sum + (y >= from - 0.05 ? by : 0), 0);
  return { moveX, moveY };
}

function lay(scope) {
  const module = data.modules[scope], inner = new Map(), grown = [];
  for (const box of module.boxes || []) {
    if (!box.opens || !opened.has(box.opens) || !data.modules[box.opens]) continue;
    const child = lay(box.opens);
    const width = Math.max(child.width, box.at[2], 7 * (child.title || "").length + 16);
    const height = Math.max(child.height + HEAD + FOOT, box.at[3]);
    inner.set(box.here, child);
    grown.push({ box, width, height });
  }
  const { moveX, moveY } = stretch(module, grown);
  const users = new Map((module.lines || []).filter((line) => line.sideways).map((line) => [line.from, line.to]));
  const old = new Map((module.boxes || []).map((box) => [box.here, box.at]));
  const sizes = new Map(grown.map(({ box, width, height }) => [box.here, [width, height]]));
  const boxes = new Map();
  for (const [here, [x, y, w, h]] of old) {
    const [width, height] = sizes.get(here) || [w, h];
    const [ux, uy, uw, uh] = old.get(users.get(here)) || [x, y, w, h];
    // A leaf moves with its user; the half that the user grows by comes on top.
    const aside = sizes.get(users.get(here)) ? Math.sign(x - ux) * (sizes.get(users.get(here))[0] - uw) / 2 : 0;
    const centre = x + w / 2 + moveX(ux + uw / 2) + aside;
    boxes.set(here, [centre - width / 2, y + moveY(uy + uh / 2), width, height]);
  }
  const shiftOf = (here) => {
    const before = old.get(here), now = boxes.get(here);
    return before ? now[0] + now[2] / 2 - before[0] - before[2] / 2 : null;
  };
  const lines = (module.lines || []).map((line) => {
    const last = line.points.length - 1, first = shiftOf(line.from), end = shiftOf(line.to);
    const points = line.points.map(([x, y], k) => {
      const near = k <= Math.min(1, last - 1) ? first : k >= last - 1 ? end : null;
      return [x + (near === null ? moveX(x) : near), y + moveY(y)];
    });
    if (line.sideways) {
      const dy = boxes.get(line.from)[1] - old.get(line.from)[1];
      line.points.forEach(([x, y], k) => { points[k] = [x + (k ? end : first), y + dy]; });
    } else {
      if (boxes.has(line.from)) points[0][1] = boxes.get(line.from)[1] + boxes.get(line.from)[3];
      if (boxes.has(line.to)) points[last][1] = boxes.get(line.to)[1];
    }
    return { ...line, points };
  });
  const labels = (module.labels || []).map(([text, x, y, anchor, to]) => [text, x + shiftOf(to), y + moveY(y), anchor]);
  const ports = (module.ports || []).map((port) => ({ ...port, at: [port.at[0] + moveX(port.at[0]), port.at[1] + moveY(port.at[1])] }));
  const [width, height] = module.size;
  return {
    scope, module, inner, boxes, lines, labels, ports, title: module.title,
    width: width + moveX(Infinity), height: height + moveY(Infinity),
  };
}

const meets = (a, b) => a.includes(b[0]) || b.includes(a[0]);

// Drawing.

let shown = [];  // the boxes in the picture: {element, members, box, at}

function draw() {
  const layout = lay("");
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("width", Math.ceil(layout.width));
  svg.setAttribute("height", Math.ceil(layout.height));
  svg.setAttribute("role", "group");
  shown = [];
  drawModule(svg, layout, 0, 0);
  byId("graph").replaceChildren(svg);
}

function drawModule(parent, layout, dx, dy) {
  const here = make(parent, "g", { transform: `translate(${dx.toFixed(1)} ${dy.toFixed(1)})` });
  for (const [id, child] of layout.inner) {
    const [x, y, width, height] = layout.boxes.get(id);
    make(here, "rect", { class: "frame", rx: 8, x, y, width, height });
    drawModule(here, child, x + (width - child.width) / 2, y + HEAD);
  }
  const lines = make(here, "g");
  for (const line of layout.lines) drawLine(lines, layout, line);
  for (const [text, x, y, anchor] of layout.labels) make(here, "text", { class: "label", x, y, "text-anchor": anchor }, text);
  for (const box of layout.module.boxes || []) {
    if (layout.inner.has(box.here)) drawTitle(here, layout, box);
    else drawBox(here, box, layout.boxes.get(box.here), dx, dy);
  }
}

function drawLine(parent, layout, line) {
  const intoBox = layout.boxes.has(line.to) && !layout.inner.has(line.to);
  make(parent, "path", { class: "line", d: path(line.points.slice(line.skip || 0), line.sideways, intoBox ? 6 : 0) });
  const [x, y] = line.points[line.points.length - 1], [before] = line.points[line.points.length - 2];
  if (intoBox) make(parent, "path", { class: "arrow", d: `M${x} ${y}` + (line.sideways ? `l${x > before ? -7.5 : 7.5} -3.5v7z` : "l-3.5 -7.5h7z") });
  const source = sourceOf(layout, line.from);
  for (const [id, way] of [[line.to, true], [line.from, false]]) {
    const child = layout.inner.get(id);
    if (!child) continue;
    const [fx, fy, fw] = layout.boxes.get(id), left = fx + (fw - child.width) / 2;
    for (const port of child.ports) {
      if (Boolean(port.enters) !== way) continue;
      const wanted = way ? meets(port.members, source) : feeds(child, port, line.targets || []);
      if (!wanted) continue;
      const at = [left + port.at[0], fy + HEAD + port.at[1]];
      make(parent, "path", { class: "line", d: path(way ? [[x, y], at] : [at, line.points[0]], false, 0) });
    }
  }
}

function sourceOf(layout, here) {
  const unit = [...(layout.module.boxes || []), ...layout.ports].find((one) => one.here === here);
  return unit.members;
}

function feeds(child, port, targets) {
  return child.lines.some((line) => line.to === port.here && (line.targets || []).some((target) => targets.includes(target)));
}

function path(points, sideways, arrow) {
  const rest = points.map((point) => [...point]), last = rest[rest.length - 1], before = rest[rest.length - 2];
  if (sideways) last[0] -= Math.sign(last[0] - before[0]) * arrow;
  else last[1] -= arrow;
  let [x0, y0] = rest[0], drawn = `M${x0.toFixed(1)} ${y0.toFixed(1)}`;
  for (const [x, y] of rest.slice(1)) {
    const [a, b, c, d] = [x0, y0, x, y].map((z) => z.toFixed(1));
    if (Math.abs(x - x0) < 0.05 || Math.abs(y - y0) < 0.05) drawn += `L${c} ${d}`;
    else if (sideways) drawn += `C${((x0 + x) / 2).toFixed(1)} ${b} ${((x0 + x) / 2).toFixed(1)} ${d} ${c} ${d}`;
    else drawn += `C${a} ${((y0 + y) / 2).toFixed(1)} ${c} ${((y0 + y) / 2).toFixed(1)} ${c} ${d}`;
    [x0, y0] = [x, y];
  }
  return drawn;
}

function drawTitle(parent, layout, box) {
  const [x, y] = layout.boxes.get(box.here), child = layout.inner.get(box.here);
  const title = make(parent, "text", {
    class: "title frame-title", x: x + 8, y: y + 14, tabindex: 0, role: "button", "aria-expanded": "true",
    "data-scope": box.opens,
  }, `− ${child.title}`);
  const close = () => toggle(box.opens, box.members);
  title.addEventListener("click", close);
  title.addEventListener("keydown", (event) => { if (event.key === "Enter") close(); });
}

function drawBox(parent, box, [x, y, width, height], dx, dy) {
  const opens = box.opens && data.modules[box.opens];
  const attributes = { class: `box ${box.kind}`, tabindex: 0, role: "button", "aria-label": box.lines.join(" ") };
  if (opens) Object.assign(attributes, { "data-scope": box.opens, "aria-expanded": "false" });
  const element = make(parent, "g", attributes);
  const rx = box.kind === "operation" ? 6 : box.kind === "constant" ? 2 : Math.min(height / 2, 19);
  if (box.folded > 1) make(element, "rect", { x: x + 4, y: y + 4, width, height, rx });
  make(element, "rect", { x, y, width, height, rx });
  box.lines.forEach((text, k) => make(element, "text", {
    class: k ? "detail" : "heading", x: x + width / 2, y: y + 16.5 + 14 * k, "text-anchor": "middle",
  }, k || !opens ? text : `+ ${text}`));
  const use = () => {
    if (opens) toggle(box.opens, box.members);
    else choose(box);
  };
  element.addEventListener("click", use);
  element.addEventListener("keydown", (event) => { if (event.key === "Enter") use(); });
  shown.push({ element, parent, box, at: [x, y, width, height] });
}

function toggle(scope, members) {
  if (opened.has(scope)) opened.delete(scope);
  else opened.add(scope);
  draw();
  show();
  const again = [...document.querySelectorAll("[data-scope]")].find((one) => one.dataset.scope === scope);
  if (again) again.focus();
}

// The stepper.

let now = 0, timer = null, chosen = null;

function choose(box) {
  chosen = box;
  const at = steps.findIndex((step) => box.members.includes(step.vertex));
  if (at >= 0) now = at;
  show();
}

function go(to) {
  now = Math.max(0, Math.min(steps.length - 1, to));
  chosen = null;
  show();
}

function play(on = timer === null) {
  clearInterval(timer);
  timer = null;
  if (on) {
    if (now === steps.length - 1) now = 0;
    timer = setInterval(() => { if (now < steps.length - 1) go(now + 1); else play(false); }, 900);
    show();
  }
  byId("play").textContent = timer === null ? "▶ Play" : "⏸ Pause";
  byId("play").setAttribute("aria-label", timer === null ? "Play" : "Pause");
}

function gradientsUntil(index) {
  const found = new Map();
  for (const step of steps.slice(0, index + 1)) {
    found.set(step.kind === "seed" || step.kind === "leaf" ? step.vertex : step.source, step.after);
  }
  return found;
}

function show() {
  const step = steps[now], gradients = steps.length ? gradientsUntil(now) : new Map();
  const done = new Set(steps.slice(0, now + 1).map((one) => one.vertex));
  for (const old of document.querySelectorAll("svg .value, svg .grad")) old.remove();
  for (const { element, parent, box, at } of shown) {
    const has = (vertex) => vertex !== undefined && box.members.includes(vertex);
    element.classList.toggle("lit", Boolean(step) && has(step.vertex));
    element.classList.toggle("reached", Boolean(step) && has(step.source) && !has(step.vertex));
    element.classList.toggle("done", box.members.some((vertex) => done.has(vertex)));
    element.classList.toggle("selected", chosen === box);
    if (box.members.length > 1) continue;
    const [x, y, width, height] = at, [vertex] = box.members, seen = data.vertices[vertex].value;
    const scalar = (sight) => sight && sight.numbers !== undefined && !Array.isArray(sight.numbers);
    if (scalar(seen)) make(parent, "text", { class: "value", x: x + width / 2 + 6, y: y + height + 11 }, written(seen.numbers));
    if (scalar(gradients.get(vertex))) {
      make(parent, "text", { class: "grad", x: x + width / 2 - 6, y: y + height + 11, "text-anchor": "end" }, written(gradients.get(vertex).numbers));
    }
  }
  if (steps.length) {
    byId("position").value = now;
    byId("count").textContent = `${now + 1} of ${steps.length}`;
    const lit = shown.find(({ element }) => element.classList.contains("lit"));
    if (lit) lit.element.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
  tell(step, gradients);
}

const nameOf = (vertex) => data.vertices[vertex].name;

function tell(step, gradients) {
  const panel = byId("panel");
  panel.replaceChildren();
  const vertex = chosen ? chosen.members[chosen.members.length - 1] : step ? step.vertex : undefined;
  if (step && (!chosen || chosen.members.includes(step.vertex))) tellStep(panel, step);
  if (vertex === undefined) {
    make(panel, "p", {}, "Choose a box to see what it is. A box with + is a module: it opens, and closes again by its name.");
    return;
  }
  const known = data.vertices[vertex];
  if (chosen || !step) make(panel, "h2", {}, known.name);
  if (known.value) sight(panel, "value in the forward", known.value);
  if (chosen && gradients.has(vertex)) sight(panel, "gradient so far", gradients.get(vertex));
  if (!step || chosen) formula(panel, known);
  const facts = make(panel, "ul");
  for (const line of (chosen && chosen.members.length > 1 && chosen.about) || known.about || []) make(facts, "li", {}, line);
}

function formula(panel, known) {
  if (!known.formula) return;
  make(panel, "h3", {}, "the local rule");
  const math = new DOMParser().parseFromString(known.formula, "text/html").querySelector("math");
  if (math) make(panel, "div", { class: "wide" }).append(document.importNode(math, true));
}

const WORDS = {
  seed: () => "Backward starts here: the gradient of the result in itself is one.",
  rule: (step) => `The rule of ${nameOf(step.vertex)} turns the gradient that comes in into that of its input${step.label ? ` ${step.label}` : ""}, ${nameOf(step.source)}.`,
  sum: (step) => `${nameOf(step.source)} was broadcast, used many times over: its gradient is the sum over all the uses.`,
  add: (step) => `${nameOf(step.source)} is used more than once: what comes back from each use adds up.`,
  leaf: (step) => `The gradient has arrived: ${nameOf(step.vertex)}.grad.`,
};

function tellStep(panel, step) {
  make(panel, "h2", {}, nameOf(step.vertex));
  make(panel, "p", {}, WORDS[step.kind](step));
  if (step.kind === "rule") {
    sight(panel, "gradient that comes in", step.before);
    formula(panel, data.vertices[step.vertex]);
    sight(panel, `contribution to ${nameOf(step.source)}`, step.after);
  } else if (step.kind === "sum") {
    sight(panel, "before the sum", step.before);
    sight(panel, "after", step.after);
  } else if (step.kind === "add") {
    sight(panel, "what was there", step.before);
    sight(panel, "what comes to it", step.added);
    sight(panel, "their sum", step.after);
  } else {
    sight(panel, "gradient", step.after);
  }
}

function written(number) {
  if (typeof number !== "number") return String(number);
  return Number.isInteger(number) ? String(number) : String(Number(number.toPrecision(4)));
}

function sight(panel, title, seen) {
  if (!seen) return;
  make(panel, "h3", {}, `${title} · ${seen.shape ? `(${seen.shape.join(", ")}${seen.shape.length === 1 ? "," : ""})` : "scalar"}`);
  if (seen.numbers !== undefined) {
    const table = make(make(make(panel, "div", { class: "wide" }), "table", { class: "numbers" }), "tbody");
    let rows = seen.numbers;
    while (Array.isArray(rows) && Array.isArray(rows[0]) && Array.isArray(rows[0][0])) rows = rows.flat();
    for (const row of Array.isArray(rows) ? (Array.isArray(rows[0]) ? rows : [rows]) : [[rows]]) {
      const line = make(table, "tr");
      for (const x of row) make(line, "td", typeof x === "string" ? { class: "bad" } : {}, written(x));
    }
  } else if (seen.shades) {
    const map = make(panel, "div", { class: "map", style: `grid-template-columns: repeat(${seen.shades[0].length}, 14px)` });
    for (const row of seen.shades) {
      for (const shade of row) {
        const cell = make(map, "i", shade === null ? { class: "nan" } : {});
        if (shade !== null) cell.style.background = `rgba(var(--${shade < 0 ? "minus" : "plus"}), ${Math.abs(shade) / 100})`;
      }
    }
  }
  if (!seen.shape) return;  // a single number is all that there is to tell
  const facts = [["min", seen.least], ["max", seen.most], ["mean", seen.mean], ["norm", seen.norm]];
  const bad = facts.some(([, x]) => typeof x === "string");
  make(panel, "p", { class: bad ? "facts bad" : "facts" }, facts.filter(([, x]) => x !== undefined).map(([name, x]) => `${name} ${written(x)}`).join(" · "));
}

// Start.

byId("caption").textContent = data.caption;
if (steps.length) {
  byId("player").hidden = false;
  byId("position").max = steps.length - 1;
  byId("position").addEventListener("input", (event) => go(Number(event.target.value)));
  for (const [id, act] of Object.entries({ first: () => go(0), back: () => go(now - 1), play: () => play(), forward: () => go(now + 1), last: () => go(steps.length - 1) })) {
    byId(id).addEventListener("click", act);
  }
  document.addEventListener("keydown", (event) => {
    if (event.target.matches("input, button") && event.key === " ") return;
    const act = { ArrowRight: () => go(now + 1), ArrowLeft: () => go(now - 1), Home: () => go(0), End: () => go(steps.length - 1), " ": () => play() }[event.key];
    if (act && !event.target.matches("input")) { event.preventDefault(); act(); }
  });
}
draw();
show();
