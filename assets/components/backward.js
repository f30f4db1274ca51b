// The walk backwards: from the last step to the first, in sub-steps, with what it has added up so far.
// Python sends every step at once, so that walking needs no round trip.

const walks = new WeakMap();

class Walk {
  constructor(root) {
    this.root = root;
    this.strip = el("div", "gl-strip");
    this.panel = el("div", "gl-panel");
    this.says = el("p", "gl-says");
    this.says.setAttribute("aria-live", "polite");
    this.sums = el("section", "gl-sums");
    root.append(this.strip, el("div", "gl-columns", this.panel, el("div", "gl-left", this.sums, this.says)));
    this.onKey = (event) => this.key(event);
    document.addEventListener("keydown", this.onKey);
    this.resize = new ResizeObserver(() => root.classList.toggle("gl-tall", root.clientWidth < 620));
    this.resize.observe(root);
  }

  destroy() {
    document.removeEventListener("keydown", this.onKey);
    this.resize.disconnect();
    clearTimeout(this.report);
  }

  update(data, setStateValue) {
    this.view = data.view;
    this.words = data.words;
    this.weight = data.weight;
    this.setStateValue = setStateValue;
    this.parts = data.view.parts;
    if (data.position_version !== this.version) {
      this.version = data.position_version;
      this.position = { ...data.position };
    }
    this.position.time = Math.min(this.position.time, this.view.steps.length - 1);
    this.render();
  }

  /** How far the walk is: 0 at the first sub-step of the last time step. */
  get at() {
    const { time, part } = this.position;
    return (this.view.steps.length - 1 - time) * this.parts.length + this.parts.indexOf(part);
  }

  go(change) {
    Object.assign(this.position, change);
    this.render();
    clearTimeout(this.report);
    // Python needs the place only for links, so it hears of it once the reader rests
    this.report = setTimeout(() => this.setStateValue("position", { ...this.position, version: this.version }), 350);
  }

  move(by) {
    const { parts, view } = this;
    const at = this.at + by;
    if (at < 0 || at >= view.steps.length * parts.length) return;
    this.go({ time: view.steps.length - 1 - Math.floor(at / parts.length), part: parts[at % parts.length] });
  }

  key(event) {
    // A tab that is not open stays in the page, unseen
    if (!this.view || !this.root.isConnected || !this.root.offsetParent || !keyIsFree(event)) return;
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!by) return;
    event.preventDefault();
    this.move(by);
  }

  choose(weight) {
    this.weight = weight;
    this.render();
    this.setStateValue("weight", weight);
  }

  render() {
    const { time, part } = this.position;
    const focused = this.root.contains(document.activeElement) ? document.activeElement.dataset.focus : null;
    const step = this.view.steps[time];
    this.renderStrip(time);
    this.renderPanel(step, part);
    this.renderSums(time, part);
    this.says.textContent = this.sentence(step, time, part);
    Object.assign(this.root.dataset, { time: time + 1, part });
    if (focused) this.root.querySelector(`[data-focus="${focused}"]:not(:disabled)`)?.focus({ preventScroll: true });
  }

  button(className, focus, act, ...children) {
    const node = el("button", className, ...children);
    node.type = "button";
    node.dataset.focus = focus;
    node.addEventListener("click", act);
    return node;
  }

  /** Time runs to the left here: the walk begins at the last step. */
  renderStrip(time) {
    const { view, words } = this;
    const [back, next] = [["back", "←", -1, words.previous, 0], ["next", "→", 1, words.next, view.steps.length * this.parts.length - 1]]
      .map(([name, text, by, label, end]) => {
        const node = this.button("gl-button", name, () => this.move(by), text);
        node.setAttribute("aria-label", label);
        node.title = label;
        node.disabled = this.at === end;
        return node;
      });
    const track = el("div", "gl-track");
    view.steps.forEach((step, t) => {
      const cells = el("span", "gl-heat");
      step.values.d_h.forEach((value, i) => {
        const cell = el("span", "");
        cell.style.background = t < time ? "transparent" : valueColour(value, false);
        if (t >= time) cell.title = `δ ${i + 1} = ${step.shown.d_h[i]}`;
        cells.append(cell);
      });
      const node = this.button("gl-step gl-kind-h", `step${t}`, () => this.go({ time: t, part: this.parts[0] }),
        el("span", "gl-when", words.step.replace("{t}", t + 1)), cells);
      if (t === time) node.setAttribute("aria-current", "step");
      track.prepend(node);
    });
    this.strip.replaceChildren(back, next, track);
  }

  renderPanel(step, part) {
    const { view, words } = this;
    const numbers = (name) => step.shown[name];
    this.panel.replaceChildren(...this.parts.map((each) => {
      const lines = view.equations[each];
      const defined = lines[0].role === "definition";
      const open = each === part;
      const head = this.button("gl-definition", `part-${each}`, () => this.go({ part: each }),
        el("span", "gl-badge", words.parts[each]), defined ? symbolLine(lines[0]) : el("span", "gl-math", words.all_parameters));
      head.setAttribute("aria-expanded", open);
      head.title = words.parts[each];
      const kind = "zrn".includes(each) ? each : "h";
      const row = el("section", `gl-part gl-kind-${kind}${open ? " gl-open" : ""}`, head);
      row.dataset.part = each;
      if (open) {
        const body = el("div", `gl-worked gl-worked-${each}`);
        const copies = el("div", "gl-copies");
        lines.forEach((line, i) => {
          if (line.role === "definition") return;
          if (line.expression.kind === "value") { // ∇b is δ itself
            copies.append(el("span", "gl-math", symbolLine(line), mark(step.signs[each][i]), matrix(numbers(line.result.name), line.result.name, -1)));
            return;
          }
          body.append(el("span", "gl-role", words.roles[line.role] ?? ""), symbolLine(line),
            el("div", "gl-scroll", numberLine(line, step.signs[each][i], numbers, -1)));
        });
        row.append(body);
        if (copies.childElementCount) row.append(copies);
      }
      return row;
    }));
  }

  /** The gradient of every parameter over the steps that the walk has passed. */
  renderSums(time, part) {
    const { view, words, weight } = this;
    const counted = this.parts.indexOf(part) >= this.parts.indexOf("gradients");
    const passed = counted ? time : time + 1;
    const step = view.steps[passed];
    const { steps } = view;
    const said = !step ? words.no_sums : passed + 1 === steps.length ? words.one_sum : words.sums;
    const title = said.replace("{last}", steps.length).replace("{first}", passed + 1);
    const grids = view.parameters.map(({ name, base, sub, shape: [rows, columns] }) => {
      const kind = name.at(-1);
      const grid = el("span", `gl-matrix gl-cells gl-kind-${kind}`);
      grid.style.setProperty("--columns", columns ?? 1);
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < (columns ?? 1); j++) {
          const pick = (table) => (columns === undefined ? table[i] : table[i][j]);
          const text = step ? pick(step.sums[name].shown) : view.zero;
          const place = columns === undefined ? `${i + 1}` : `${i + 1}, ${j + 1}`;
          const cell = this.button("gl-cell-button", `${name}.${i}.${j}`, () => this.choose({ name, row: i, column: j }), text);
          cell.dataset.weight = `${name}.${i}.${j}`;
          cell.style.background = valueColour(step ? pick(step.sums[name].values) : 0, false);
          cell.setAttribute("aria-label", `${base}${sub}[${place}] = ${text}. ${words.choose}`);
          cell.title = `${base}${sub}[${place}] = ${text}`;
          cell.setAttribute("aria-pressed", weight.name === name && weight.row === i && weight.column === j);
          grid.append(cell);
        }
      }
      return el("span", `gl-sum gl-kind-${kind}`, symbol({ name, base, sub }), grid);
    });
    const groups = ["r", "z", "n"].map((gate) =>
      el("div", `gl-sum-row gl-kind-${gate}`, ...view.parameters.flatMap(({ name }, k) => (name.at(-1) === gate ? [grids[k]] : []))));
    this.sums.replaceChildren(el("p", "gl-sums-title", title), ...groups, el("p", "gl-note", words.choose));
  }

  sentence({ facts }, time, part) {
    const { words } = this;
    const key = facts.says === "silent" ? "silent" : part === "past" && time === 0 ? "start" : part;
    const fill = { ...facts, t: time + 1, before: time, widest: words.paths[facts.widest] };
    return words.says[key].replace(/\{(\w+)\}/g, (_, name) => fill[name] ?? "");
  }
}

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".gl-backward");
  for (const [name, value] of Object.entries(data.colours)) root.style.setProperty(`--gl-${name}`, value);
  let walk = walks.get(root);
  if (!walk) walks.set(root, (walk = new Walk(root)));
  walk.update(data, setStateValue);
  return () => { walk.destroy(); walks.delete(root); };
}
