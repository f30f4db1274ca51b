// The stage: all steps as a strip, the cell, the four equations, one unit written out.
// Python sends every time step at once, so moving through time and sub-steps needs no round trip.

const stages = new WeakMap();

class Stage {
  constructor(root) {
    this.root = root;
    this.position = { time: 0, part: "r", unit: 0 };
    this.strip = el("div", "gl-strip");
    this.picture = el("div", "gl-picture");
    this.panel = el("div", "gl-panel");
    this.says = el("p", "gl-says");
    this.says.setAttribute("aria-live", "polite");
    this.one = el("section", "gl-one");
    root.append(this.strip, el("div", "gl-columns", el("div", "gl-left", this.picture, this.says, this.one), this.panel));
    this.onKey = (event) => this.key(event);
    document.addEventListener("keydown", this.onKey);
    this.resize = new ResizeObserver(() => this.fit());
    this.resize.observe(root);
  }

  destroy() {
    document.removeEventListener("keydown", this.onKey);
    this.resize.disconnect();
    clearTimeout(this.report);
  }

  update(data, setStateValue) {
    this.data = data;
    this.view = data.view;
    this.words = data.words;
    this.setStateValue = setStateValue;
    if (data.position_version !== this.version) {
      this.version = data.position_version;
      this.position = { ...data.position };
    }
    this.position.time = Math.min(this.position.time, this.view.steps.length - 1);
    this.position.unit = Math.min(this.position.unit, this.view.hidden - 1);
    this.fit(true);
    this.render();
  }

  /** The drawing follows the width of its column, not of the window. */
  fit(force = false) {
    if (!this.view) return;
    const tall = this.root.clientWidth < 620;
    const { reset, z_weights: zWeights, hidden: units, inputs } = this.view;
    const wanted = JSON.stringify([tall, reset, zWeights, units, inputs, this.words.language]);
    if (wanted === this.drawn && !force) return;
    this.root.classList.toggle("gl-tall", tall);
    if (wanted === this.drawn) return;
    this.drawn = wanted;
    this.cell = drawCell(this.picture, {
      tall, reset, zWeights, units, inputs, words: this.words, interactive: true,
      on: { hover: (part) => this.point(part), choose: (part) => this.go({ part }), unit: (unit) => this.go({ unit }) },
    });
    if (!force) this.render();
  }

  go(change, quiet = false) {
    Object.assign(this.position, change);
    this.render();
    clearTimeout(this.report);
    // Python needs the place only for links and exports, so it hears of it once the reader rests
    if (!quiet) this.report = setTimeout(() => this.setStateValue("position", { ...this.position, version: this.version }), 350);
  }

  move(by) {
    const { time, part } = this.position;
    const at = time * 4 + PARTS.indexOf(part) + by;
    if (at < 0 || at >= this.view.steps.length * 4) return;
    this.go({ time: Math.floor(at / 4), part: PARTS[at % 4] });
  }

  key(event) {
    if (!this.view || !this.root.isConnected || !keyIsFree(event)) return;
    const act = {
      ArrowLeft: () => this.move(-1), ArrowRight: () => this.move(1),
      Home: () => this.go({ part: "r" }), End: () => this.go({ part: "h" }),
    }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  /** The reader points at a node or at an equation: light the other one. */
  point(part) {
    this.cell.hover(part);
    for (const row of this.panel.querySelectorAll("[data-part]")) row.classList.toggle("gl-hover", row.dataset.part === part);
  }

  render() {
    const { time, part, unit } = this.position;
    const step = this.view.steps[time];
    this.cell.show(step.values, step.brief, unit);
    this.cell.light(part);
    this.renderStrip();
    this.renderPanel(step, part, unit);
    this.renderUnit(step, part, unit);
    this.says.textContent = this.sentence(step, part, unit);
    Object.assign(this.root.dataset, { time: time + 1, part, unit: unit + 1 });
  }

  button(text, label, act, disabled = false) {
    const node = el("button", "gl-button", text);
    node.type = "button";
    node.setAttribute("aria-label", label);
    node.title = label;
    node.disabled = disabled;
    node.addEventListener("click", act);
    return node;
  }

  renderStrip() {
    const { time, part } = this.position;
    const steps = this.view.steps;
    const focused = this.strip.contains(document.activeElement) ? document.activeElement.dataset.focus : null;
    const here = time * 4 + PARTS.indexOf(part);
    const back = this.button("←", this.words.previous, () => this.move(-1), here === 0);
    const next = this.button("→", this.words.next, () => this.move(1), here === steps.length * 4 - 1);
    back.dataset.focus = "back";
    next.dataset.focus = "next";
    const track = el("div", "gl-track");
    steps.forEach((step, t) => {
      const node = el("button", "gl-step gl-kind-h", el("span", "gl-when", `${t + 1}`));
      node.type = "button";
      node.dataset.focus = `step${t}`;
      node.setAttribute("aria-label", this.words.step.replace("{t}", t + 1));
      if (t === time) node.setAttribute("aria-current", "step");
      for (const [name, kind] of [["x", "x"], ["h", "h"]]) {
        const cells = el("span", `gl-heat gl-heat-${kind}`);
        step.values[name].forEach((value, i) => {
          const cell = el("span", "");
          cell.style.background = valueColour(value, false);
          cell.title = `${name === "h" ? "h′" : "x"}${i + 1} = ${step.shown[name][i]}`;
          cells.append(cell);
        });
        node.append(cells);
      }
      node.addEventListener("click", () => this.go({ time: t }));
      track.append(node);
    });
    this.strip.replaceChildren(back, next, el("span", "gl-legend", el("span", "", this.words.strip_x), el("span", "", this.words.strip_h)), track);
    if (focused) this.strip.querySelector(`[data-focus="${focused}"]:not(:disabled)`)?.focus();
  }

  renderPanel(step, part, unit) {
    const view = this.view;
    const focused = this.panel.contains(document.activeElement) ? document.activeElement.dataset.focus : null;
    const numbers = (name) => step.shown[name] ?? view.parameters[name];
    this.panel.replaceChildren(...PARTS.map((each) => {
      const [definition, ...lines] = view.equations[each];
      const open = each === part;
      const head = el("button", "gl-definition", el("span", "gl-badge", this.words.parts[each]), symbolLine(definition));
      head.type = "button";
      head.dataset.focus = `part-${each}`;
      head.setAttribute("aria-expanded", open);
      head.title = this.words.parts[each];
      head.addEventListener("click", () => this.go({ part: each }));
      const row = el("section", `gl-part gl-kind-${each}${open ? " gl-open" : ""}`, head);
      row.dataset.part = each;
      for (const [event, value] of [["pointerenter", each], ["pointerleave", null], ["focusin", each], ["focusout", null]]) {
        row.addEventListener(event, () => this.point(value));
      }
      if (open) row.append(this.worked(step, each, unit, lines, numbers));
      return row;
    }));
    if (focused) this.panel.querySelector(`[data-focus="${focused}"]`)?.focus({ preventScroll: true });
  }

  worked(step, part, unit, lines, numbers) {
    const body = el("div", "gl-worked");
    lines.forEach((line, i) => {
      body.append(el("span", "gl-role", this.words.roles[line.role] ?? ""),
        el("div", "gl-scroll", numberLine(line, step.signs[part][i + 1], numbers, unit)));
    });
    return body;
  }

  /** One unit of the open part written out as sums and products, its point on the curve beside it. */
  renderUnit(step, part, unit) {
    const { view, words } = this;
    const focused = this.one.contains(document.activeElement) ? document.activeElement.dataset.focus : null;
    const scalar = step.scalars[part][unit];
    const choose = el("div", "gl-units");
    choose.setAttribute("role", "group");
    choose.setAttribute("aria-label", words.unit_label);
    for (let i = 0; i < view.hidden; i++) {
      const node = this.button(`${i + 1}`, words.unit.replace("{i}", i + 1), () => this.go({ unit: i }));
      node.dataset.focus = `unit${i}`;
      node.setAttribute("aria-pressed", i === unit);
      choose.append(node);
    }
    const text = el("div", "gl-written", el("div", "gl-unit-head", el("span", "gl-role", words.unit_label), choose), scalarLine(scalar, part));
    if (scalar.rounded) text.append(el("p", "gl-note", words.rounded));
    this.one.className = `gl-one gl-kind-${part}`;
    this.one.replaceChildren(text);
    if (part !== "h") {
      this.one.append(activationCurve(view.curves[part === "n" ? "tanh" : "gate"], [step.values[`${part}_pre`][unit], step.values[part][unit]], part,
        `${scalar.function.base}(${scalar.total}) ${scalar.result_sign} ${scalar.result}`));
    }
    if (focused) this.one.querySelector(`[data-focus="${focused}"]`)?.focus({ preventScroll: true });
  }

  sentence(step, part, unit) {
    const fill = { unit: unit + 1, time: this.position.time + 1, ...step.facts[unit] };
    return this.words.says[step.says[part][unit]].replace(/\{(\w+)\}/g, (_, name) => fill[name] ?? "");
  }
}

/** The cell alone, playing through the steps by itself: the miniature on the home page. */
class Miniature {
  constructor(root) {
    this.root = root;
    this.picture = root.appendChild(el("div", "gl-picture"));
    this.says = root.appendChild(el("p", "gl-says"));
    this.at = 0;
    this.still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.timer = setInterval(() => !this.still && !document.hidden && this.tick(), 1600);
  }
  destroy() { clearInterval(this.timer); }
  update(data) {
    const { view, words } = data;
    Object.assign(this, { view, words });
    this.cell = drawCell(this.picture, {
      tall: this.root.clientWidth < 480, reset: view.reset, zWeights: view.z_weights, units: view.hidden, inputs: view.inputs, words, interactive: false,
    });
    this.show();
  }
  tick() { this.at = (this.at + 1) % (this.view.steps.length * 4); this.show(); }
  show() {
    const step = this.view.steps[Math.floor(this.at / 4)];
    const part = PARTS[this.at % 4];
    this.cell.show(step.values, step.brief, 0);
    this.cell.light(part);
    this.says.textContent = this.words.step.replace("{t}", Math.floor(this.at / 4) + 1) + " · " + this.words.parts[part];
  }
}

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".gl-stage");
  for (const [name, value] of Object.entries(data.colours)) root.style.setProperty(`--gl-${name}`, value);
  root.dataset.interactive = !data.miniature;
  let stage = stages.get(root);
  if (!stage) stages.set(root, (stage = data.miniature ? new Miniature(root) : new Stage(root)));
  stage.update(data, setStateValue);
  return () => { stage.destroy(); stages.delete(root); };
}
