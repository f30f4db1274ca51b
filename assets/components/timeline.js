// A whole sequence at a glance: input, and unit × time maps of gates and states under one time cursor.
// Python sends the numbers once; hovering, scrubbing and playing only redraw the thin layer on top.
// With moments, the maps after earlier updates of a training run, a second slider goes through these.

const timelines = new WeakMap();
const DASHES = { r: [1, 5], z: [9, 6], n: [], h: [], i: [1, 5], f: [9, 6], o: [5, 3, 1, 3] };
const LABELS = 34; // room for the letters, left of the maps
const GAP = 8;
const REPLAY = 350; // ms a moment: at most two dozen in about 8 s
const COMPACT = 316; // height of the plot in a column beside other figures

/** Base64 of little-endian float32, as Python packs it. */
function floats(text) {
  return new Float32Array(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
}

/** A map as Python packs it: float32, or int16 with a scale, where −32768 stands for what is not finite. */
function numbersOf(map) {
  if (typeof map === "string") return floats(map);
  const whole = new Int16Array(Uint8Array.from(atob(map.data), (c) => c.charCodeAt(0)).buffer);
  return Float32Array.from(whole, (v) => (v === -32768 ? NaN : v * map.scale));
}

/** What the reader sees at once: maps by name, input, and limits of the colours. */
function sheetOf({ x, maps, limits }) {
  const entries = Object.entries(maps).map(([name, map]) => [name, numbersOf(map)]);
  return { x: x && numbersOf(x), maps: Object.fromEntries(entries), limits };
}

function rgbOf(colour, host) {
  const probe = host.appendChild(el("i", ""));
  probe.style.color = colour;
  const canvas = Object.assign(document.createElement("canvas"), { width: 1, height: 1 });
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  pen.fillStyle = getComputedStyle(probe).color;
  pen.fillRect(0, 0, 1, 1);
  probe.remove();
  return [...pen.getImageData(0, 0, 1, 1).data.slice(0, 3)];
}

class Timeline {
  constructor(root) {
    this.root = root;
    this.readout = el("div", "gl-readout");
    this.readout.setAttribute("aria-live", "off"); // it follows the pointer; the sentence below speaks
    this.base = el("canvas", "gl-base");
    this.over = el("canvas", "gl-over");
    this.over.tabIndex = 0;
    this.plot = el("div", "gl-plot", this.base, this.over);
    this.controls = el("div", "gl-controls");
    this.history = el("div", "gl-moments");
    this.moment = null; // the number of updates that the reader has gone back to; null: now
    root.replaceChildren(this.readout, this.history, this.plot, this.controls);
    this.at = { time: 0, unit: 0 };
    const scale = (kind, low, high) => el("span", "gl-scale", low, el("span", `gl-ramp gl-ramp-${kind}`), high);
    this.legend = el("span", "gl-scales", scale("share", "0", "1"), scale("sign", "−", "+"));
    this.buildControls();
    this.buildHistory();
    this.listen();
    this.arrived = () => { if (this.receive()) { this.choose(); this.drawAll(); } };
    document.addEventListener("gl-moments", this.arrived);
    this.resize = new ResizeObserver(() => this.drawAll());
    this.resize.observe(root);
    // A canvas does not wait for the font of its letters, nor draw them again when it has come.
    document.fonts.load(`italic 20px ${getComputedStyle(root).getPropertyValue("--gl-math")}`).then(() => this.drawAll());
  }

  destroy() {
    this.resize.disconnect();
    cancelAnimationFrame(this.frame);
    clearInterval(this.replay);
    clearTimeout(this.report);
    document.removeEventListener("gl-moments", this.arrived);
  }

  update(data, setStateValue, setTriggerValue) {
    Object.assign(this, { data, words: data.words, view: data.view, setStateValue, setTriggerValue });
    this.names = data.view.kinds.map(([name]) => name);
    this.kinds = Object.fromEntries(data.view.kinds);
    this.now = sheetOf(data.view);
    this.receive();
    this.choose();
    this.dress();
    if (data.position_version !== this.version) {
      this.version = data.position_version;
      this.at = { ...data.position };
    }
    this.at.time = Math.min(this.at.time, this.view.steps - 1);
    this.at.unit = this.view.order.includes(this.at.unit) ? this.at.unit : this.view.order[0];
    this.over.setAttribute("role", "slider");
    this.over.setAttribute("aria-label", this.words.alt);
    this.over.setAttribute("aria-valuemin", 1);
    this.over.setAttribute("aria-valuemax", this.view.steps);
    this.slider.max = this.view.steps - 1;
    this.slider.setAttribute("aria-label", this.words.time);
    this.play.title = this.words.play;
    this.play.setAttribute("aria-label", this.words.play);
    this.open.textContent = this.words.open;
    this.save.textContent = this.words.save;
    this.open.hidden = !data.opens;
    this.open.disabled = !data.can_open;
    this.open.title = data.can_open ? "" : this.words.cannot_open;
    this.drawAll();
  }

  /** Width and legend follow the maps; where no map is a share, no scale of shares is shown. */
  dress() {
    const shares = this.names.filter((name) => this.kinds[name] === "share");
    this.root.classList.toggle("gl-compact", Boolean(this.data.compact));
    this.legend.firstChild.hidden = !shares.length;
    const hue = shares.includes("z") || !shares.length ? "z" : shares[1] ?? shares[0];
    this.root.style.setProperty("--gl-share", `var(--gl-${hue})`);
  }

  buildHistory() {
    this.again = el("button", "gl-button gl-again", "↺");
    this.again.type = "button";
    this.again.addEventListener("click", () => this.toggleReplay());
    this.past = el("input", "gl-past");
    Object.assign(this.past, { type: "range", min: 0, step: 1 });
    this.past.addEventListener("input", () => { this.stopReplay(); this.goBack(Number(this.past.value)); });
    this.after = el("output", "gl-after");
    this.history.append(this.again, this.past, this.after);
  }

  /** Take the moments that Python has named, once they are there: whether anything is new. */
  receive() {
    if (!this.data) return false;
    const named = this.data.moments ?? null;
    const sent = window.gruLabMoments?.get(this.data.moments_key);
    const fits = ({ units, times }) => units === this.view.units && times === this.view.steps;
    if (this.moments && !fits(this.moments)) this.moments = null; // of another network
    if (named && sent?.id !== named) return false; // on their way
    if (named === (this.moments?.id ?? null)) return false;
    this.moments = named && { ...sent, sheets: new Map() };
    return true;
  }

  /** Show the moment that the reader is at. New data pulls nobody back; only a moment that is gone does. */
  choose() {
    const steps = this.moments?.steps ?? [];
    const place = steps.indexOf(this.moment);
    if (place < 0) this.moment = null;
    // In a column its place is kept, so that the maps stay where they are once a run begins.
    this.history.hidden = !steps.length && !this.data.compact;
    this.past.disabled = this.again.disabled = !steps.length;
    this.sheet = this.now;
    if (place >= 0) {
      const { sheets, sets } = this.moments;
      if (!sheets.has(place)) sheets.set(place, sheetOf(sets[place]));
      this.sheet = sheets.get(place);
    }
    // One scale for all moments, so that a colour means the same wherever the slider stands.
    const every = [this.now.limits, ...(this.moments?.sets ?? []).map((set) => set.limits)];
    this.limits = Object.fromEntries(
      Object.keys(this.now.limits).map((name) => [name, Math.max(...every.map((limits) => limits[name] ?? 0))]),
    );
    this.maps = this.sheet.maps;
    this.x = this.sheet.x ?? this.now.x;
    this.root.dataset.moment = this.moment ?? "now";
    if (this.history.hidden) return;
    const position = this.moment === null ? steps.length : place;
    const text = this.whenText();
    Object.assign(this.past, { max: Math.max(steps.length, 1), value: steps.length ? position : 1 });
    this.past.setAttribute("aria-label", this.words.moments);
    this.past.setAttribute("aria-valuetext", text);
    this.after.textContent = text;
    this.again.title = this.words.replay;
    this.again.setAttribute("aria-label", this.words.replay);
  }

  whenText() {
    const { before, after, now } = this.words;
    if (this.moment === 0 || (this.moment === null && !this.view.updates)) return before;
    return this.moment === null ? now.replace("{step}", this.view.updates) : after.replace("{step}", this.moment);
  }

  goBack(position) {
    this.moment = this.moments.steps[position] ?? null;
    this.choose();
    this.drawAll();
  }

  stopReplay() {
    clearInterval(this.replay);
    this.replay = null;
    this.again.textContent = "↺";
  }

  toggleReplay() {
    if (this.replay) { this.stopReplay(); return; }
    if (this.moment === null) this.goBack(0);
    this.again.textContent = "⏸";
    this.replay = setInterval(() => {
      if (this.moments && this.moment !== null) this.goBack(this.moments.steps.indexOf(this.moment) + 1);
      if (this.moment === null) this.stopReplay();
    }, REPLAY);
  }

  buildControls() {
    this.play = el("button", "gl-button gl-play", "▶");
    this.play.type = "button";
    this.play.addEventListener("click", () => this.toggle());
    this.slider = el("input", "gl-slider");
    Object.assign(this.slider, { type: "range", min: 0, step: 1 });
    this.slider.addEventListener("input", () => this.go({ time: Number(this.slider.value) }));
    this.when = el("output", "gl-when");
    this.open = el("button", "gl-button gl-open", "");
    this.open.type = "button";
    this.open.addEventListener("click", () => this.setTriggerValue("open", { time: this.at.time }));
    this.save = el("button", "gl-button gl-save", "");
    this.save.type = "button";
    this.save.addEventListener("click", () => this.savePicture());
    this.controls.append(this.play, this.slider, this.when, this.open, this.save);
  }

  listen() {
    const place = (event) => {
      const box = this.over.getBoundingClientRect();
      return this.cellAt(event.clientX - box.left, event.clientY - box.top);
    };
    this.over.addEventListener("pointermove", (event) => {
      const cell = place(event);
      this.hover = cell;
      if (event.buttons === 1 && cell) this.go({ time: cell.time });
      else this.drawOver();
    });
    this.over.addEventListener("pointerleave", () => { this.hover = null; this.drawOver(); });
    this.over.addEventListener("pointerdown", (event) => {
      const cell = place(event);
      if (cell) this.go(cell.unit === null ? { time: cell.time } : cell);
    });
    this.over.addEventListener("keydown", (event) => {
      const row = this.view.order.indexOf(this.at.unit);
      const unit = (by) => this.go({ unit: this.view.order[Math.min(this.view.units - 1, Math.max(0, row + by))] });
      const act = {
        ArrowLeft: () => this.go({ time: Math.max(0, this.at.time - 1) }),
        ArrowRight: () => this.go({ time: Math.min(this.view.steps - 1, this.at.time + 1) }),
        Home: () => this.go({ time: 0 }), End: () => this.go({ time: this.view.steps - 1 }),
        ArrowUp: () => unit(-1), ArrowDown: () => unit(1), " ": () => this.toggle(),
      }[event.key];
      if (!act) return;
      event.preventDefault();
      act();
    });
  }

  go(change) {
    const rowChanged = change.unit !== undefined && change.unit !== this.at.unit;
    Object.assign(this.at, change);
    if (rowChanged) this.drawAll(); else this.drawOver();
    clearTimeout(this.report);
    if (!this.data.reports) return;
    // Python needs the place for the address and the words under the figure, once the reader rests
    this.report = setTimeout(() => this.setStateValue("position", { ...this.at, version: this.version }), 350);
  }

  /** The maps with their cursor, on paper of the theme's colour. */
  savePicture() {
    const picture = Object.assign(document.createElement("canvas"), { width: this.base.width, height: this.base.height });
    const pen = picture.getContext("2d");
    pen.fillStyle = `rgb(${this.palette.paper})`;
    pen.fillRect(0, 0, picture.width, picture.height);
    pen.drawImage(this.base, 0, 0);
    pen.drawImage(this.over, 0, 0);
    const link = Object.assign(document.createElement("a"), { download: "gru-gates.png", href: picture.toDataURL("image/png") });
    link.click();
  }

  toggle() {
    this.playing = !this.playing;
    this.play.textContent = this.playing ? "⏸" : "▶";
    if (!this.playing) return;
    if (this.at.time === this.view.steps - 1) this.go({ time: 0 });
    let last = performance.now();
    const pace = Math.max(24, Math.min(400, 12000 / this.view.steps)); // ms a step: about 12 s in all
    const tick = (now) => {
      if (!this.playing || !this.root.isConnected) return;
      const steps = Math.floor((now - last) / pace);
      if (steps > 0) {
        last += steps * pace;
        this.go({ time: Math.min(this.view.steps - 1, this.at.time + steps) });
        if (this.at.time === this.view.steps - 1) { this.toggle(); return; }
      }
      this.frame = requestAnimationFrame(tick);
    };
    this.frame = requestAnimationFrame(tick);
  }

  /** Heights from the top: input, maps, lines of the chosen unit, time axis. */
  layout() {
    const width = this.root.clientWidth;
    const { compact } = this.data;
    const count = this.names.length;
    const [x, lines] = compact ? [34, 54] : [58, 80];
    // all of it on a projector's 720 lines, below the frame and the controls,
    // and the sentence below it; but never less than a pixel for each unit
    const free = compact ? COMPACT - 20 - x - lines - (count + 2) * GAP : window.innerHeight - 530;
    const room = Math.max(40, compact ? 0 : this.view.units, Math.min(Math.max(92, 184 / count), free / count));
    const map = Math.max(26, Math.min(room, this.view.units * 22));
    const heights = { x, ...Object.fromEntries(this.names.map((name) => [name, map])), lines };
    const rows = {};
    let top = 4;
    for (const [name, height] of Object.entries(heights)) {
      rows[name] = { top, height };
      top += height + GAP;
    }
    return { width, height: top + 16, left: LABELS, plot: width - LABELS - 6, rows, axis: top - GAP + 4 };
  }

  cellAt(x, y) {
    const { left, plot, rows } = this.shape;
    if (x < left || x > left + plot) return null;
    const time = Math.min(this.view.steps - 1, Math.floor(((x - left) / plot) * this.view.steps));
    for (const name of this.names) {
      const { top, height } = rows[name];
      if (y >= top && y < top + height) return { time, unit: this.view.order[Math.floor(((y - top) / height) * this.view.units)] };
    }
    return { time, unit: null };
  }

  prepare(canvas) {
    const ratio = window.devicePixelRatio || 1;
    const { width, height } = this.shape;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    Object.assign(canvas.style, { width: `${width}px`, height: `${height}px` });
    const pen = canvas.getContext("2d");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    return pen;
  }

  colours() {
    const names = ["paper", "ink", "line", "quiet", "r", ...this.names, "negative", "positive"];
    return Object.fromEntries(names.map((name) => [name, rgbOf(`var(--gl-${name})`, this.root)]));
  }

  drawAll() {
    if (!this.view || !this.root.clientWidth) return;
    this.shape = this.layout();
    this.plot.style.height = `${this.shape.height}px`;
    const c = (this.palette = this.colours());
    const pen = this.prepare(this.base);
    const { left, plot, rows, axis } = this.shape;
    pen.font = `13px ${getComputedStyle(this.root).fontFamily}`;
    this.drawInput(pen, rows.x, c);
    this.drawGaps(pen, rows.x, c);
    for (const name of this.names) this.drawMap(pen, name, rows[name], c);
    this.drawLines(pen, rows.lines, c);
    pen.fillStyle = `rgb(${c.quiet})`;
    pen.textAlign = "center";
    pen.textBaseline = "top";
    const every = [1, 2, 5, 10, 20, 50, 100].find((step) => this.view.steps / step <= plot / 50) ?? 100;
    for (let t = 0; t < this.view.steps; t += every) pen.fillText(t + 1, left + ((t + 0.5) / this.view.steps) * plot, axis);
    this.overPen = this.prepare(this.over);
    this.drawOver();
  }

  letter(pen, text, { top, height }, colour) {
    pen.fillStyle = `rgb(${colour})`;
    pen.textAlign = "left";
    pen.textBaseline = "middle";
    const font = pen.font;
    // the digits of the font for letters are old-style
    if (isNaN(text)) pen.font = `italic 20px ${getComputedStyle(this.root).getPropertyValue("--gl-math")}`;
    else pen.font = font.replace("13px", "16px");
    pen.fillText(text, 4, top + height / 2);
    pen.font = font;
  }

  drawInput(pen, row, c) {
    this.letter(pen, "x", row, c.ink);
    const { inputs, steps } = this.view;
    if (inputs > 4) {
      const columns = new Float32Array(inputs * steps);
      for (let t = 0; t < steps; t++) for (let d = 0; d < inputs; d++) columns[d * steps + t] = this.x[t * inputs + d];
      this.image(pen, columns, inputs, [...Array(inputs).keys()], row, (v) => this.diverging(v / this.limits.x, c));
      return;
    }
    const limit = this.limits.x || 1;
    this.frameOf(pen, row, c);
    const hues = [c.ink, c.positive, c.negative, c.quiet];
    for (let d = 0; d < inputs; d++) {
      this.curve(pen, row, (t) => this.x[t * inputs + d], -limit, limit, hues[d], [[], [7, 4], [2, 3], [1, 6]][d], 1.6);
    }
  }

  /** What was missing and filled in is never shown as if it had been there. */
  drawGaps(pen, { top, height }, c) {
    const { left, plot } = this.shape;
    pen.fillStyle = `rgba(${c.r}, 0.35)`;
    for (const [, first, last] of this.view.gaps) {
      const [x0, x1] = [first, last + 1].map((t) => left + (t / this.view.steps) * plot);
      pen.fillRect(x0, top + height - 6, Math.max(2, x1 - x0), 6);
    }
  }

  frameOf(pen, { top, height }, c) {
    const { left, plot } = this.shape;
    pen.strokeStyle = `rgb(${c.line})`;
    pen.lineWidth = 1;
    pen.setLineDash([]);
    pen.strokeRect(left + 0.5, top + 0.5, plot - 1, height - 1);
    pen.beginPath();
    pen.moveTo(left, top + height / 2);
    pen.lineTo(left + plot, top + height / 2);
    pen.stroke();
  }

  curve(pen, { top, height }, value, low, high, colour, dash, width) {
    const { left, plot } = this.shape;
    pen.beginPath();
    for (let t = 0; t < this.view.steps; t++) {
      const x = left + ((t + 0.5) / this.view.steps) * plot;
      const y = top + height - 3 - ((value(t) - low) / (high - low)) * (height - 6);
      if (t) pen.lineTo(x, y); else pen.moveTo(x, y);
    }
    pen.strokeStyle = `rgb(${colour})`;
    pen.lineWidth = width;
    pen.setLineDash(dash);
    pen.stroke();
    pen.setLineDash([]);
  }

  share(v, hue, c) {
    const part = Math.min(1, Math.max(0, v));
    return c.paper.map((p, i) => p + (hue[i] - p) * (0.04 + 0.96 * part));
  }

  diverging(v, c) {
    const part = Math.min(1, Math.abs(v));
    const hue = v < 0 ? c.negative : c.positive;
    return c.paper.map((p, i) => p + (hue[i] - p) * part);
  }

  /** One pixel a value, scaled up without smoothing: exact however large the map is. */
  image(pen, values, units, order, { top, height }, colour) {
    const { left, plot } = this.shape;
    const { steps } = this.view;
    const canvas = Object.assign(document.createElement("canvas"), { width: steps, height: units });
    const small = canvas.getContext("2d");
    const pixels = small.createImageData(steps, units);
    order.forEach((unit, row) => {
      for (let t = 0; t < steps; t++) {
        const value = values[unit * steps + t];
        const [r, g, b] = Number.isFinite(value) ? colour(value) : this.palette.ink;
        pixels.data.set([r, g, b, 255], 4 * (row * steps + t));
      }
    });
    small.putImageData(pixels, 0, 0);
    pen.imageSmoothingEnabled = false;
    pen.drawImage(canvas, left, top, plot, height);
    pen.strokeStyle = `rgb(${this.palette.line})`;
    pen.lineWidth = 1;
    pen.strokeRect(left + 0.5, top + 0.5, plot - 1, height - 1);
  }

  drawMap(pen, name, row, c) {
    this.letter(pen, name, row, c[name]);
    const limit = this.limits[name];
    const colour = this.kinds[name] === "share" ? (v) => this.share(v, c[name], c) : (v) => this.diverging(v / limit, c);
    this.image(pen, this.maps[name], this.view.units, this.view.order, row, colour);
  }

  drawLines(pen, row, c) {
    this.letter(pen, `${this.number(this.at.unit)}`, row, c.ink);
    this.frameOf(pen, row, c);
    const limit = Math.max(1, ...this.names.map((name) => this.limits[name] ?? 1));
    for (const name of this.names) {
      const values = this.maps[name];
      this.curve(pen, row, (t) => values[this.at.unit * this.view.steps + t], -limit, limit, c[name], DASHES[name], name === "h" ? 2.6 : 1.8);
    }
  }

  drawOver() {
    if (!this.overPen || !this.view) return;
    const pen = this.overPen, c = this.palette;
    const { left, plot, rows, width, height } = this.shape;
    pen.clearRect(0, 0, width, height);
    const cell = plot / this.view.steps;
    const line = (time, alpha) => {
      const x = left + time * cell;
      pen.fillStyle = `rgba(${c.ink}, ${alpha * 0.16})`;
      pen.fillRect(x, rows.x.top, Math.max(cell, 1.5), rows.lines.top + rows.lines.height - rows.x.top);
      pen.fillStyle = `rgba(${c.ink}, ${alpha})`;
      pen.fillRect(x + cell / 2 - 0.75, rows.x.top, 1.5, rows.lines.top + rows.lines.height - rows.x.top);
    };
    line(this.at.time, 0.9);
    const shown = this.hover ?? this.at;
    if (this.hover) line(this.hover.time, 0.4);
    const unit = shown.unit ?? this.at.unit;
    const row = this.view.order.indexOf(unit);
    pen.strokeStyle = `rgb(${c.ink})`;
    pen.lineWidth = 1.4;
    for (const name of this.names) {
      const step = rows[name].height / this.view.units;
      pen.strokeRect(left + shown.time * cell - 0.5, rows[name].top + row * step - 0.5, Math.max(cell, 3) + 1, Math.max(step, 3) + 1);
    }
    this.read(shown.time, unit);
    this.slider.value = this.at.time;
    this.when.textContent = `t = ${this.at.time + 1}`;
    this.over.setAttribute("aria-valuenow", this.at.time + 1);
    Object.assign(this.root.dataset, { time: this.at.time + 1, unit: this.number(this.at.unit) });
  }

  /** What a unit is called where only every few are shown. */
  number(unit) {
    return unit * (this.view.stride ?? 1) + 1;
  }

  read(time, unit) {
    const { steps, inputs } = this.view;
    const text = (value) => (Number.isFinite(value) ? value.toFixed(3).replace("-", "−") : "—");
    const when = this.view.times[time];
    const parts = [el("b", "", `t = ${time + 1}${when ? ` (${when})` : ""}`), el("span", "", `${this.words.unit} ${this.number(unit)}`)];
    const xs = inputs <= 4 ? Array.from({ length: inputs }, (_, d) => text(this.x[time * inputs + d])).join(", ") : this.view.input_names[this.x.subarray(time * inputs, (time + 1) * inputs).indexOf(1)] ?? "";
    if (xs) parts.push(el("span", "gl-kind-x", el("i", "", "x"), ` ${xs}`));
    const values = this.names.map((name) => el("span", `gl-value gl-kind-${name}`, el("i", "", name), ` ${text(this.maps[name][unit * steps + time])}`));
    parts.push(el("span", "gl-values", ...values), this.legend);
    this.readout.replaceChildren(...parts);
  }
}

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  const root = parentElement.querySelector(".gl-timeline");
  for (const [name, value] of Object.entries(data.colours)) root.style.setProperty(`--gl-${name}`, value);
  let timeline = timelines.get(root);
  if (!timeline) timelines.set(root, (timeline = new Timeline(root)));
  timeline.update(data, setStateValue, setTriggerValue);
  return () => { timeline.destroy(); timelines.delete(root); };
}
