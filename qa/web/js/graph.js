// A picture of relations that can be moved, zoomed and expanded. Drawn as SVG in the page's own colours; d3-force places the nodes.
// The values come from data-picture: {centre, nodes: [{id, label, kind, href}], edges: [{source, target, label, facts}], around}.
import { forceLink, forceManyBody, forceSimulation, forceX, forceY } from "./vendor/d3-force.js";

const SVG = "http://www.w3.org/2000/svg";
// Type as large as the page has it (大字).
const scale = () => parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
const SIZE = 14, PAD = 10, HEIGHT = 28, LONGEST = 16;
const AXES = { ArrowLeft: ["x", -1], ArrowRight: ["x", 1], ArrowUp: ["y", -1], ArrowDown: ["y", 1] };
const make = (name, attributes = {}, parent = null, text = "") => {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text) node.textContent = text;
  if (parent) parent.append(node);
  return node;
};
const short = (text, longest = LONGEST) => (text.length > longest ? text.slice(0, longest - 1) + "…" : text);
const width = (text) => [...text].reduce((sum, c) => sum + (c.charCodeAt(0) > 255 ? SIZE : SIZE * 0.58), 0) + 2 * PAD;

// A force that keeps boxes apart: labels are wide and low, circles would waste the height.
const apart = () => {
  let nodes = [];
  const force = () => {
    for (let i = 0; i < nodes.length; i++) for (let j = i + 1; j < nodes.length; j++) {
      const a = nodes[i], b = nodes[j], dx = b.x - a.x || 0.01, dy = b.y - a.y || 0.01;
      const over = (a.w + b.w) / 2 + 14 - Math.abs(dx), above = HEIGHT + 22 - Math.abs(dy);
      if (over <= 0 || above <= 0) continue;
      if (above < over) { const by = Math.sign(dy) * above / 2; a.y -= by; b.y += by; } else { const by = Math.sign(dx) * over / 2; a.x -= by; b.x += by; }
    }
  };
  force.initialize = (all) => { nodes = all; };
  return force;
};

class Graph {
  constructor(canvas) {
    this.canvas = canvas;
    this.frame = canvas.closest(".gz-graph");
    const picture = JSON.parse(canvas.dataset.picture);
    this.nodes = new Map();
    this.edges = new Map();
    this.off = new Set();
    this.view = { x: 0, y: 0, k: 1 };
    this.svg = make("svg", { class: "gz-net", role: "group", "aria-label": "关系图" }, canvas);
    const defs = make("defs", {}, this.svg);
    const tip = make("marker", { id: "gz-tip", viewBox: "0 0 10 10", refX: 9, refY: 5, markerWidth: 7, markerHeight: 7, orient: "auto-start-reverse" }, defs);
    make("path", { d: "M0 0L10 5L0 10z" }, tip);
    this.plane = make("g", {}, this.svg);
    [this.lines, this.words, this.boxes] = ["lines", "words", "boxes"].map((name) => make("g", { class: name }, this.plane));
    this.layout = forceSimulation([]).alphaDecay(0.02)
      .force("charge", forceManyBody().strength(-900).distanceMax(900))
      .force("link", forceLink([]).id((node) => node.id).distance(() => Math.max(150, 8 * this.nodes.size)).strength(0.3))
      .force("x", forceX(0).strength(0.03)).force("y", forceY(0).strength(0.11))
      .force("apart", apart())
      .on("tick", () => this.place()).stop();
    this.tools();
    this.add(picture);
    this.settle();
    this.fit(0.75 * scale());
    this.select(picture.centre ? this.nodes.get(picture.centre) : null);
  }

  // Take in nodes and edges that are not there yet.
  add(picture, near = null) {
    for (const one of picture.nodes) {
      if (this.nodes.has(one.id)) continue;
      const angle = this.nodes.size * 2.4, start = near || { x: 0, y: 0 };
      const node = { ...one, w: width(short(one.label)), x: start.x + 60 * Math.cos(angle), y: start.y + 60 * Math.sin(angle) };
      this.nodes.set(one.id, node);
      this.box(node, one.id === picture.centre && !near);
    }
    for (const one of picture.edges) {
      const key = one.source + " " + one.target;
      if (this.edges.has(key) || !this.nodes.has(one.source) || !this.nodes.has(one.target)) continue;
      const edge = { ...one, key };
      edge.line = make("path", { "marker-end": "url(#gz-tip)" }, this.lines);
      edge.word = make("text", {}, this.words, short(one.label, 9));
      make("title", {}, edge.word, one.label);
      this.edges.set(key, edge);
    }
    for (const node of this.nodes.values()) node.ties = 0;
    this.layout.nodes([...this.nodes.values()]);
    this.layout.force("link").links([...this.edges.values()]);
    for (const edge of this.edges.values()) { edge.source.ties += 1; edge.target.ties += 1; }
    this.frame.querySelector("[data-count]").textContent = `${this.nodes.size} 个节点，${this.edges.size} 条关系`;
  }

  box(node, main) {
    const classes = `gz-node gz-k-${node.kind || "value"}${main ? " gz-main" : ""}`;
    node.box = make("g", { class: classes, tabindex: main ? 0 : -1, role: "button", "aria-label": node.label }, this.boxes);
    make("rect", { x: -node.w / 2, y: -HEIGHT / 2, width: node.w, height: HEIGHT, rx: 7 }, node.box);
    make("text", { y: 5 }, node.box, short(node.label));
    make("title", {}, node.box, node.label);
    node.box.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") { event.preventDefault(); this.act(node); }
      if (event.key in AXES) { event.preventDefault(); this.walk(node, ...AXES[event.key]); }
    });
    node.box.addEventListener("focus", () => { this.select(node); if (node.box.matches(":focus-visible")) this.reveal(node); });
    node.box.addEventListener("dblclick", () => this.act(node));
    node.box.addEventListener("pointerdown", (event) => this.drag(event, node));
  }

  // An arrow goes to the next node on that side, so that each pair of them goes through all; Tab goes on to what is told of the node.
  walk(node, axis, step) {
    const row = [...this.nodes.values()].filter((one) => !this.off.has(one.kind)).sort((a, b) => a[axis] - b[axis]);
    row.at((row.indexOf(node) + step) % row.length).box.focus({ preventScroll: true });
  }

  // Enter or double click: more of the node.
  act(node) { if (this.canvas.dataset.around && node.href) this.expand(node); }

  async expand(node) {
    const answer = await fetch(`${this.canvas.dataset.around}?term=${encodeURIComponent(node.id)}`);
    if (!answer.ok) return;
    const before = this.nodes.size;
    node.open = true;
    this.add(await answer.json(), node);
    if (this.nodes.size > before) { this.settle(60); this.fit(); }
    this.select(node);
  }

  settle(steps = 220) {
    this.layout.alpha(1);
    for (let step = 0; step < steps; step++) this.layout.tick();
    this.layout.alpha(0);
    this.place();
  }

  // Draw everything where the layout has put it.
  place() {
    for (const node of this.nodes.values()) {
      node.box.setAttribute("transform", `translate(${node.x.toFixed(1)},${node.y.toFixed(1)})`);
      node.box.toggleAttribute("hidden", this.off.has(node.kind));
    }
    for (const edge of this.edges.values()) {
      const [a, b] = [this.rim(edge.source, edge.target), this.rim(edge.target, edge.source)];
      if (this.edges.has(edge.target.id + " " + edge.source.id)) { // there and back: side by side
        const long = Math.hypot(b.x - a.x, b.y - a.y) || 1, dx = (-(b.y - a.y) / long) * 8, dy = ((b.x - a.x) / long) * 8;
        for (const end of [a, b]) { end.x += dx; end.y += dy; }
      }
      const hidden = this.off.has(edge.source.kind) || this.off.has(edge.target.kind);
      edge.line.setAttribute("d", `M${a.x.toFixed(1)} ${a.y.toFixed(1)}L${b.x.toFixed(1)} ${b.y.toFixed(1)}`);
      Object.assign(edge, { a, b });
      for (const drawn of [edge.line, edge.word]) drawn.toggleAttribute("hidden", hidden);
    }
    this.write();
  }

  // Each word where on its line it covers no box and no other word, away from the crowd; where there is no such place it waits to be selected.
  write() {
    const taken = [...this.nodes.values()].filter((n) => !this.off.has(n.kind)).map((n) => ({ x: n.x, y: n.y, w: n.w, h: HEIGHT }));
    const free = (box) => taken.every((one) => Math.abs(one.x - box.x) * 2 >= one.w + box.w || Math.abs(one.y - box.y) * 2 >= one.h + box.h);
    for (const edge of this.edges.values()) {
      const { a, b } = edge, w = (width(short(edge.label, 9)) - 2 * PAD) * 0.84 + 4, away = edge.source.ties >= edge.target.ties;
      const boxes = [0.6, 0.68, 0.52, 0.76, 0.44, 0.84].map((share) => (away ? share : 1 - share))
        .map((share) => ({ x: a.x + (b.x - a.x) * share, y: a.y + (b.y - a.y) * share, w, h: 15 }));
      const found = boxes.find(free), box = found || boxes[0];
      if (found && !edge.word.hasAttribute("hidden")) taken.push(found);
      edge.word.classList.toggle("gz-crowded", !found);
      edge.word.setAttribute("transform", `translate(${box.x.toFixed(1)},${(box.y + 4).toFixed(1)})`);
    }
  }

  // Where the line from one node towards another leaves its box.
  rim(from, to) {
    const dx = to.x - from.x, dy = to.y - from.y;
    const scale = Math.min(1, Math.min((from.w / 2 + 2) / (Math.abs(dx) || 1e-6), (HEIGHT / 2 + 2) / (Math.abs(dy) || 1e-6)));
    return { x: from.x + dx * scale, y: from.y + dy * scale };
  }

  // ---- moving and zooming
  tools() {
    const at = (event) => { const box = this.svg.getBoundingClientRect(); return { x: event.clientX - box.left, y: event.clientY - box.top }; };
    this.svg.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !this.svg.contains(document.activeElement)) return; // the page scrolls until the picture is in use
      event.preventDefault();
      this.zoom(event.deltaY < 0 ? 1.15 : 1 / 1.15, at(event));
    }, { passive: false });
    this.svg.addEventListener("pointerdown", (event) => { if (event.target === this.svg) this.drag(event, null); });
    this.frame.addEventListener("click", (event) => {
      const button = event.target.closest("[data-zoom], [data-hide], [data-expand]");
      if (!button) return;
      if (button.dataset.zoom === "in") this.zoom(1.3);
      if (button.dataset.zoom === "out") this.zoom(1 / 1.3);
      if (button.dataset.zoom === "fit") this.fit();
      if ("hide" in button.dataset) this.hide(button);
      if ("expand" in button.dataset && this.selected) this.expand(this.selected);
    });
  }

  hide(button) {
    const kind = button.dataset.hide, pressed = button.getAttribute("aria-pressed") === "true";
    button.setAttribute("aria-pressed", String(!pressed));
    this.off[pressed ? "add" : "delete"](kind);
    if (this.selected && this.off.has(this.selected.kind)) this.select([...this.nodes.values()].find((node) => !this.off.has(node.kind))); // one is left to go to
    this.place();
  }

  zoom(factor, at = { x: this.svg.clientWidth / 2, y: this.svg.clientHeight / 2 }) {
    const k = Math.min(4, Math.max(0.15, this.view.k * factor)), by = k / this.view.k;
    this.view = { k, x: at.x - (at.x - this.view.x) * by, y: at.y - (at.y - this.view.y) * by };
    this.show();
  }

  // The whole picture, but never smaller than `least`: then the middle of it, where its centre is.
  fit(least = 0) {
    const all = [...this.nodes.values()].filter((node) => !this.off.has(node.kind));
    if (!all.length) return;
    const [left, right] = [Math.min(...all.map((n) => n.x - n.w / 2)), Math.max(...all.map((n) => n.x + n.w / 2))];
    const [top, bottom] = [Math.min(...all.map((n) => n.y)) - HEIGHT, Math.max(...all.map((n) => n.y)) + HEIGHT];
    const [w, h] = [this.svg.clientWidth || 700, this.svg.clientHeight || 480];
    const whole = Math.min(1.2 * scale(), (w - 16) / (right - left), (h - 16) / (bottom - top)), k = Math.max(least, whole);
    const main = k > whole && all[0], middle = main || { x: (left + right) / 2, y: (top + bottom) / 2 };
    this.view = { k, x: w / 2 - k * middle.x, y: h / 2 - k * middle.y };
    this.show();
  }

  // A node that the keyboard comes to is in sight.
  reveal(node) {
    const { x, y, k } = this.view, aside = (at, room, size) => Math.max(size - at, 0) || Math.min(room - size - at, 0);
    const dx = aside(x + k * node.x, this.svg.clientWidth, k * node.w / 2 + 4), dy = aside(y + k * node.y, this.svg.clientHeight, k * HEIGHT / 2 + 4);
    if (!dx && !dy) return;
    this.view = { k, x: x + dx, y: y + dy };
    this.show();
  }

  show() { this.plane.setAttribute("transform", `translate(${this.view.x.toFixed(1)},${this.view.y.toFixed(1)}) scale(${this.view.k.toFixed(3)})`); }

  drag(event, node) {
    const start = { x: event.clientX, y: event.clientY }, from = node ? { x: node.x, y: node.y } : { ...this.view };
    const scale = node ? this.view.k : 1;
    const move = (now) => {
      const x = from.x + (now.clientX - start.x) / scale, y = from.y + (now.clientY - start.y) / scale;
      if (node) { Object.assign(node, { x, y }); this.place(); } else { Object.assign(this.view, { x, y }); this.show(); }
    };
    const end = () => { removeEventListener("pointermove", move); removeEventListener("pointerup", end); removeEventListener("pointercancel", end); };
    addEventListener("pointermove", move);
    addEventListener("pointerup", end);
    addEventListener("pointercancel", end);
  }

  // ---- what is selected: its relations stand out and are told beside the picture
  select(node) {
    this.selected = node;
    const own = [...this.edges.values()].filter((edge) => edge.source === node || edge.target === node);
    const marked = new Set(own.length < this.edges.size ? own : []); // where all would stand out, none does
    for (const edge of this.edges.values()) for (const drawn of [edge.line, edge.word]) drawn.classList.toggle("gz-on", marked.has(edge));
    for (const one of this.nodes.values()) {
      one.box.classList.toggle("gz-on", one === node);
      one.box.setAttribute("tabindex", one === (node || this.nodes.values().next().value) ? 0 : -1);
    }
    const panel = this.frame.querySelector(".gz-told");
    panel.replaceChildren();
    if (!node) return;
    const put = (name, text, parent, attributes = {}) => {
      const made = document.createElement(name);
      made.textContent = text;
      for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
      parent.append(made);
      return made;
    };
    const head = put("p", "", panel);
    put("b", node.label, head);
    if (node.href) put("a", "看卡片", head, { href: node.href, "data-goto": "" });
    if (node.href && this.canvas.dataset.around && !node.open) put("button", "展开", head, { type: "button", class: "gz-link", "data-expand": "" });
    const list = put("ul", "", panel);
    for (const edge of own) {
      const line = put("li", `${edge.source.label} → ${edge.label} → ${edge.target.label}`, list);
      for (const place of new Set((edge.facts || []).map((fact) => fact.place))) {
        const facts = edge.facts.filter((fact) => fact.place === place);
        put("a", place, line, { href: facts[0].href, title: facts.map((fact) => fact.reading).join("\n"), "data-goto": "" });
      }
    }
  }
}

// Draw the picture of every canvas in `element` that is visible and still empty.
export const mount = (element) => {
  for (const canvas of element.querySelectorAll("[data-picture]:empty")) if (canvas.offsetParent) new Graph(canvas);
};
