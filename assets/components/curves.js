// Several figures that grow while a network trains. Plotly.react keeps the reader's zoom and the
// nodes; a thin line of our own, not Plotly's labels, shows the same step in all linked figures.

const panels = new WeakMap();
const ARRAYS = { f4: Float32Array, f8: Float64Array, i4: Int32Array };
const DASHES = { dash: "dashed", dot: "dotted" };

/** plotly.js once for the whole page, from beside the front end's own scripts: they are where the server is. */
function plotly(address) {
  window.gruLabPlotly ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    const front = document.querySelector('script[src*="static/js/"]');
    script.src = new URL(`../../${address}`, front ? front.src : new URL("/static/js/", location.href)).href;
    script.onload = () => (window.Plotly ? resolve(window.Plotly) : script.onerror());
    script.onerror = () => {
      window.gruLabPlotly = undefined; // the next visit may have better luck
      script.remove();
      reject(new Error(script.src));
    };
    document.head.append(script);
  });
  return window.gruLabPlotly;
}

/** Python's packed arrays as typed arrays; those of two dimensions are left to plotly.js. */
function unpacked(trace) {
  const plain = { ...trace };
  for (const [name, value] of Object.entries(trace)) {
    if (!value?.bdata || value.shape) continue;
    plain[name] = new ARRAYS[value.dtype](Uint8Array.from(atob(value.bdata), (c) => c.charCodeAt(0)).buffer);
  }
  return plain;
}

/** #rrggbb or rgb(…) as it shines through. */
function translucent(colour, share) {
  const hex = /^#([0-9a-f]{6})$/i.exec(colour);
  return hex ? `${colour}${Math.round(share * 255).toString(16).padStart(2, "0")}` : colour.replace(/^rgb\((.*)\)$/, `rgba($1, ${share})`);
}

function shortNumber(value) {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e5)) return value.toExponential(1).replace("e+", "e");
  return String(Number(value.toPrecision(3)));
}

/** The place of the last x that is not after `at`; x rises. */
function placeOf(x, at) {
  let low = 0, high = x.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (x[middle] <= at) low = middle; else high = middle - 1;
  }
  return low;
}

/** The curve at x, or its last value where x is null; NaN where it has not begun, or is over. */
function valueAt({ x, y }, at) {
  const last = x.length - 1;
  if (at === null) return y[last];
  const over = at > x[last] + 0.03 * (x[last] - x[0]); // an evaluation holds until the next one
  return last < 0 || at < x[0] || over ? NaN : y[placeOf(x, at)];
}

class Figure {
  constructor(panel, id) {
    Object.assign(this, { panel, id });
    this.title = el("b", "");
    this.keys = el("span", "gl-keys");
    this.plot = el("div", "gl-plot");
    this.cursor = el("div", "gl-cursor", el("span", ""));
    this.cursor.hidden = true;
    this.canvas = el("div", "gl-canvas", this.plot, this.cursor);
    this.node = el("figure", "gl-figure", el("figcaption", "", this.title, this.keys), this.canvas);
    this.node.dataset.figure = id;
    this.canvas.addEventListener("pointermove", (event) => this.point(event));
    this.canvas.addEventListener("pointerdown", (event) => this.point(event));
    this.canvas.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && panel.point(this, null));
  }

  update(given) {
    const text = JSON.stringify(given);
    if (text === this.text) return;
    this.text = text;
    this.given = given;
    this.traces = given.spec.data.map(unpacked);
    this.stale = true;
  }

  draw(Plotly) {
    if (!this.stale) return;
    const { given, panel } = this;
    const { spec } = given;
    this.title.textContent = given.title ?? "";
    this.canvas.setAttribute("role", "img");
    this.canvas.setAttribute("aria-label", given.alt);
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (!width) return; // not shown: drawn when it is
    this.stale = false;
    const layout = { ...panel.themed(spec.layout), width, height };
    this.keepZoom(layout);
    Plotly.react(this.plot, this.traces, layout, panel.config(this));
    if (!this.zoom) {
      this.zoom = {};
      this.plot.on("plotly_relayout", (change) => this.noteZoom(change));
      this.plot.on("plotly_doubleclick", () => this.resetZoom());
      this.plot.on("plotly_click", ({ points }) => this.pick(points.at(-1)));
    }
    this.read();
  }

  /** Plotly keeps a zoom only while the range it is given stays the same, and here it grows. */
  keepZoom(layout) {
    for (const [axis, { range, revision }] of Object.entries(this.zoom ?? {})) {
      if (layout[axis]?.uirevision === revision) layout[axis].range = [...range];
      else delete this.zoom[axis];
    }
  }

  noteZoom(change) {
    for (const axis of new Set(Object.keys(change).map((key) => /^([xy]axis\d*)\.range/.exec(key)?.[1]))) {
      if (axis) this.zoom[axis] = { range: [...this.plot.layout[axis].range], revision: this.plot.layout[axis].uirevision };
    }
    this.read();
  }

  resetZoom() {
    this.zoom = {};
    this.stale = true;
    this.panel.schedule();
  }

  /** Where in the plot the pointer is, as x; outside of it null. */
  point(event) {
    const axis = this.plot._fullLayout?.xaxis;
    if (!axis) return;
    const at = event.clientX - this.plot.getBoundingClientRect().left - axis._offset;
    const inside = at >= -2 && at <= axis._length + 2;
    this.panel.point(this, inside ? axis.p2d(at) : null);
  }

  pick(point) {
    if (!this.given.picks || point?.customdata === undefined) return;
    this.panel.setTriggerValue("pick", { figure: this.id, value: point.customdata });
  }

  /** The curves' names with their values at the cursor, else their last ones. */
  read() {
    const at = this.panel.cursorIn(this);
    this.keys.replaceChildren(...this.traces.filter((trace) => trace.meta?.read).map((trace) => {
      const value = at === null && trace.meta.atRest === false ? NaN : valueAt(trace, at);
      const text = !Number.isFinite(value) ? "" : trace.meta.percent ? `${Math.round(100 * value)} %` : shortNumber(value);
      const key = el("span", "gl-key", `${trace.name} `, el("span", "", text));
      key.style.setProperty("--gl-kind", trace.line.color);
      key.style.setProperty("--gl-dash", DASHES[trace.line.dash] ?? "solid");
      return key;
    }));
    const axis = this.plot._fullLayout?.xaxis;
    const pixel = at === null || !axis ? NaN : axis.d2p(at);
    this.cursor.hidden = !(pixel >= 0 && pixel <= axis._length);
    if (this.cursor.hidden) return;
    const { t, h } = this.plot._fullLayout._size;
    Object.assign(this.cursor.style, { left: `${axis._offset + pixel}px`, top: `${t}px`, height: `${h}px` });
    this.cursor.firstChild.textContent = at;
  }

  remove() {
    window.Plotly?.purge(this.plot);
    this.node.remove();
  }
}

class Panel {
  constructor(root) {
    this.root = root;
    this.figures = new Map();
    this.at = { figure: null, x: null };
    this.note = el("p", "gl-curves-note");
    this.note.setAttribute("role", "status");
    this.grid = el("div", "gl-curves-grid");
    root.replaceChildren(this.note, this.grid);
    // A redraw under a finger that is dragging would lose what it drags.
    this.press = () => { this.held = true; };
    this.release = () => { this.held = false; this.schedule(); };
    this.grid.addEventListener("pointerdown", this.press);
    for (const event of ["pointerup", "pointercancel"]) window.addEventListener(event, this.release);
    this.resize = new ResizeObserver(() => this.redraw());
    this.resize.observe(root);
    // Streamlit writes a new theme into the styles around a component and calls nobody.
    this.watch = setInterval(() => this.themeKey !== this.readTheme() && this.redraw(), 700);
  }

  destroy() {
    clearInterval(this.watch);
    clearTimeout(this.report);
    cancelAnimationFrame(this.frame);
    this.resize.disconnect();
    for (const event of ["pointerup", "pointercancel"]) window.removeEventListener(event, this.release);
    for (const figure of this.figures.values()) figure.remove();
  }

  update(data, setStateValue, setTriggerValue) {
    Object.assign(this, { data, words: data.words, setStateValue, setTriggerValue });
    const wanted = data.figures.map((figure) => figure.id);
    for (const [id, figure] of this.figures) {
      if (wanted.includes(id)) continue;
      figure.remove();
      this.figures.delete(id);
    }
    data.figures.forEach((given, place) => {
      if (!this.figures.has(given.id)) this.figures.set(given.id, new Figure(this, given.id));
      const figure = this.figures.get(given.id);
      figure.update(given);
      if (this.grid.children[place] !== figure.node) this.grid.insertBefore(figure.node, this.grid.children[place] ?? null);
    });
    if (this.Plotly) return this.schedule();
    this.note.textContent = this.words.loading;
    plotly(data.plotly).then((library) => {
      this.Plotly = library;
      this.note.remove();
      this.schedule();
    }, () => { this.note.textContent = this.words.failed; });
  }

  schedule() {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => {
      if (!this.Plotly || this.held || !this.root.isConnected) return;
      if (this.themeKey !== this.readTheme()) this.retheme();
      for (const figure of this.figures.values()) figure.draw(this.Plotly);
    });
  }

  redraw() {
    for (const figure of this.figures.values()) figure.stale = true;
    this.schedule();
  }

  readTheme() {
    const style = getComputedStyle(this.root);
    return ["text-color", "background-color", "font", "primary-color", "chart-sequential-colors"]
      .map((name) => style.getPropertyValue(`--st-${name}`).trim()).join("|");
  }

  retheme() {
    this.themeKey = this.readTheme();
    const [ink, paper, font, accent, scale] = this.themeKey.split("|");
    const colours = scale.split(/,(?![^(]*\))/).map((colour) => colour.trim()).filter(Boolean);
    this.theme = { ink, paper, font, accent, scale: colours.map((colour, i) => [i / (colours.length - 1), colour]) };
    for (const figure of this.figures.values()) figure.stale = true;
  }

  /** The layout in the colours of the page. */
  themed(layout) {
    const { ink, paper, font, accent, scale } = this.theme;
    const revision = this.data.revision ?? "run";
    const grid = translucent(ink, 0.13);
    const shown = {
      ...layout,
      uirevision: revision,
      dragmode: matchMedia("(pointer: coarse)").matches ? false : layout.dragmode ?? "zoom",
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      font: { family: font, size: 11.5, color: ink },
      hoverlabel: { bgcolor: paper, bordercolor: grid, font: { family: font, color: ink } },
      modebar: { bgcolor: paper, color: translucent(ink, 0.4), activecolor: accent, orientation: "h" },
      shapes: layout.shapes?.map((shape) => ({ ...shape, line: { color: translucent(ink, 0.5), ...shape.line } })),
      annotations: layout.annotations?.map((note) => ({ bgcolor: translucent(paper, 0.6), borderpad: 1, ...note })),
    };
    // Plotly would show logarithms, of either sign, on a scale that diverges at 0.
    if (scale.length > 1) shown.colorscale = { sequential: scale, sequentialminus: scale, diverging: scale };
    for (const name of Object.keys(layout).filter((key) => /^[xy]axis\d*$/.test(key))) {
      const axis = layout[name];
      // A zoom on a logarithmic scale says nothing on a linear one.
      shown[name] = { gridcolor: grid, zeroline: false, linecolor: grid, ticks: "", automargin: false, uirevision: `${revision} ${axis.type ?? ""}`, ...axis };
      if (axis.type === "log") shown[name].tickfont = { size: 9.5 }; // powers are drawn larger than asked
    }
    return shown;
  }

  /** One object as long as the words are the same: with another, Plotly.react begins anew. */
  config(figure) {
    const language = JSON.stringify(this.words);
    if (figure.language === language) return figure.config;
    figure.language = language;
    const { Icons } = this.Plotly;
    figure.config = {
      displaylogo: false,
      responsive: false,
      displayModeBar: "hover",
      scrollZoom: false,
      doubleClick: false, // it is ours: see resetZoom
      showTips: false,
      locale: "gl",
      locales: { gl: { dictionary: { Zoom: this.words.zoom, Pan: this.words.pan }, format: {} } },
      modeBarButtons: [[
        "zoom2d", "pan2d",
        { name: "reset", title: this.words.reset, icon: Icons.home, click: () => figure.resetZoom() },
        { name: "png", title: this.words.png, icon: Icons.camera, click: (plot) => this.save(plot, figure.given) },
      ]],
    };
    return figure.config;
  }

  /** Not transparent, and with the names that stand outside of the plot here. */
  save(plot, given) {
    const layout = { ...plot.layout, paper_bgcolor: this.theme.paper, showlegend: true, legend: { orientation: "h", y: 1.02, yanchor: "bottom" } };
    layout.title = { text: given.title ?? "", x: 0.02, font: { size: 14 } };
    layout.margin = { ...layout.margin, t: 64 };
    this.Plotly.downloadImage({ data: plot.data, layout, config: {} }, { format: "png", width: 900, height: 480, scale: 2, filename: given.id });
  }

  linked(figure) { return Boolean(figure.given.linked); }

  cursorIn(figure) {
    const { figure: under, x } = this.at;
    return under && (under === figure || (this.linked(under) && this.linked(figure))) ? x : null;
  }

  /** The pointer is at x of a figure; null: nowhere. Only whole steps are read. */
  point(figure, x) {
    const at = x === null ? { figure: null, x: null } : { figure, x: Math.max(0, Math.round(x)) };
    if (figure.traces && !figure.traces.some((trace) => trace.meta?.read)) at.figure = null;
    if (at.figure === this.at.figure && at.x === this.at.x) return;
    this.at = at;
    for (const each of this.figures.values()) if (each.traces) each.read();
    if (!this.data.hovering) return;
    clearTimeout(this.report);
    this.report = setTimeout(() => this.setStateValue("hover", at.figure && { figure: at.figure.id, x: at.x }), 350);
  }
}

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  const root = parentElement.querySelector(".gl-curves");
  let panel = panels.get(root);
  if (!panel) panels.set(root, (panel = new Panel(root)));
  panel.update(data, setStateValue, setTriggerValue);
  return () => { panel.destroy(); panels.delete(root); };
}
