// Number grids that behave like a spreadsheet. The browser keeps only what is being typed; Python reads
// the text, says what is wrong with it, and sends back what the grid holds. Edits carry a running number
// and are repeated until Python has acknowledged them, so quick typing loses nothing.

const sheets = new WeakMap();
const MOST_TEXT = 10001; // one more than Python reads: enough for it to say "too long"

class Sheets {
  constructor(root) {
    this.root = root;
    this.pending = [];
    this.inputs = new Map();
  }

  update(data, setStateValue) {
    const first = !this.data;
    this.data = data;
    this.words = data.words;
    this.send = setStateValue;
    if (first) this.next = data.acknowledged + 1;
    this.pending = this.pending.filter((edit) => edit.number > data.acknowledged);
    const shape = JSON.stringify([data.groups, data.grids.map((g) => [g.name, g.rows, g.columns, g.symbol])]);
    if (shape !== this.shape) this.build((this.shape = shape));
    for (const { input } of this.inputs.values()) input.disabled = Boolean(data.locked);
    this.fill();
  }

  build() {
    const left = [...this.inputs.values()].find(({ input }) => input === document.activeElement);
    this.inputs.clear();
    this.root.replaceChildren(...this.data.groups.map((group) => {
      const box = el("div", `gl-group gl-kind-${group.kind}`, el("span", "gl-group-title", group.title));
      box.setAttribute("role", "group");
      box.setAttribute("aria-label", group.title);
      const row = el("div", "gl-grids");
      for (const grid of this.data.grids.filter((g) => g.group === group.id)) row.append(this.grid(grid));
      box.append(row);
      return box;
    }), (this.errors = el("div", "gl-errors")));
    this.errors.setAttribute("role", "status");
    this.resume(left);
  }

  /** The reader goes on in the same cell of the new grids, with what was being typed. */
  resume(left) {
    const cell = left && this.inputs.get(left.input.dataset.at);
    if (!cell) return;
    cell.input.focus({ preventScroll: true });
    if (left.mode) cell.input.value = left.input.value;
    cell.mode = left.mode;
  }

  grid(grid) {
    const table = el("table", `gl-grid gl-kind-${grid.kind}`);
    table.setAttribute("role", "grid");
    const [base, sub] = grid.symbol;
    const caption = el("caption", "gl-sym", el("i", "", base));
    if (sub) caption.append(el("sub", "", sub));
    caption.title = grid.title;
    table.setAttribute("aria-label", grid.title);
    const named = grid.rows.some(Boolean);
    const head = el("tr", "", named ? el("td", "") : null);
    for (const label of grid.columns) head.append(this.header("col", label));
    const body = el("tbody", "", ...grid.rows.map((label, r) => {
      const line = el("tr", "", named ? this.header("row", label) : null);
      grid.columns.forEach((column, c) => line.append(el("td", "", this.input(grid, r, c, label, column))));
      return line;
    }));
    table.append(caption, el("thead", "", head), body);
    return table;
  }

  header(scope, label) {
    const node = el("th", "", label);
    node.scope = scope;
    return node;
  }

  input(grid, row, column, rowName, columnName) {
    const input = el("input", "gl-number");
    Object.assign(input, { type: "text", autocomplete: "off", spellcheck: false });
    input.setAttribute("aria-label", `${grid.title}, ${rowName || row + 1}, ${columnName || column + 1}`);
    input.dataset.at = `${grid.name}.${row}.${column}`;
    const cell = { input, name: grid.name, row, column, mode: null };
    this.inputs.set(input.dataset.at, cell);
    input.addEventListener("focus", () => {
      input.value = this.text(cell);
      cell.mode = null;
      input.select();
    });
    input.addEventListener("pointerup", (event) => { if (!cell.mode) event.preventDefault(); });
    input.addEventListener("dblclick", () => { cell.mode = "inside"; });
    input.addEventListener("input", () => { cell.mode ??= "typing"; });
    input.addEventListener("blur", () => {
      if (this.inputs.get(input.dataset.at) !== cell) return; // it left with its grid, whose numbers are others now
      this.commit(cell);
      this.paint(cell);
    });
    input.addEventListener("keydown", (event) => this.key(event, cell));
    input.addEventListener("paste", (event) => this.paste(event, cell));
    return input;
  }

  stored(cell) {
    const grid = this.data.grids.find((g) => g.name === cell.name);
    const wrong = this.data.unread.find((u) => u.name === cell.name && u.row === cell.row && u.column === cell.column);
    return { text: grid.text[cell.row][cell.column], shown: grid.shown[cell.row][cell.column], value: grid.value[cell.row][cell.column], wrong };
  }

  /** What the cell holds as text: an edit on its way, what could not be read, or the number in full. */
  text(cell) {
    const sent = this.pending.findLast((e) => e.name === cell.name && e.row === cell.row && e.column === cell.column);
    const { text, wrong } = this.stored(cell);
    return sent?.text ?? wrong?.text ?? text;
  }

  commit(cell, text = cell.input.value, pasted = false) {
    if (text.trim() === this.text(cell).trim()) { cell.mode = null; return; }
    cell.mode = null;
    this.edit({ name: cell.name, row: cell.row, column: cell.column, text: text.slice(0, MOST_TEXT), pasted });
  }

  edit(edit) {
    this.pending.push({ number: this.next++, ...edit });
    this.send("edits", this.pending);
  }

  paste(event, cell) {
    const text = event.clipboardData.getData("text");
    if (!/[\s,;[\](){}|]/.test(text.trim())) return; // one number: it is simply typed
    event.preventDefault();
    cell.input.value = text.trim().slice(0, 200);
    this.commit(cell, text, true);
  }

  key(event, cell) {
    const { input } = cell;
    if (event.isComposing) return;
    const move = (rows, columns) => { event.preventDefault(); this.commit(cell); this.focus(cell, rows, columns); };
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z" && !cell.mode) {
      event.preventDefault();
      this.edit({ undo: true });
    } else if (event.key === "Enter") move(event.shiftKey ? -1 : 1, 0);
    else if (event.key === "ArrowUp") move(-1, 0);
    else if (event.key === "ArrowDown") move(1, 0);
    else if (event.key === "ArrowLeft" && cell.mode !== "inside") move(0, -1);
    else if (event.key === "ArrowRight" && cell.mode !== "inside") move(0, 1);
    else if (event.key === "F2") { cell.mode = "inside"; input.setSelectionRange(input.value.length, input.value.length); }
    else if (event.key === "Escape") {
      event.preventDefault();
      const { text, wrong } = this.stored(cell);
      if (!cell.mode && wrong) this.commit(cell, text);
      cell.mode = null;
      input.value = this.text(cell);
      input.select();
    }
  }

  focus(cell, rows, columns) {
    const next = this.inputs.get(`${cell.name}.${cell.row + rows}.${cell.column + columns}`);
    if (next) next.input.focus();
    else cell.input.dispatchEvent(new Event("focus")); // stay: the border of the grid
  }

  fill() {
    for (const cell of this.inputs.values()) this.paint(cell);
    this.errors.replaceChildren(...this.data.unread.map(({ name, row, column, message }) => {
      const node = el("button", "gl-error", message);
      node.type = "button";
      node.addEventListener("click", () => this.inputs.get(`${name}.${row}.${column}`)?.input.focus());
      return node;
    }));
  }

  paint(cell) {
    const { input } = cell;
    const { shown, value, wrong, text } = this.stored(cell);
    const held = this.text(cell);
    const focused = input === document.activeElement;
    if (!(focused && cell.mode)) {
      const wanted = focused || held !== text ? held : shown;
      if (input.value !== wanted) { input.value = wanted; if (focused) input.select(); }
    }
    input.style.setProperty("--gl-fill", valueColour(value, false));
    input.classList.toggle("gl-wrong", Boolean(wrong));
    input.title = wrong ? wrong.message : text;
    if (wrong) input.setAttribute("aria-invalid", "true"); else input.removeAttribute("aria-invalid");
    input.classList.toggle("gl-current", cell.name === "x" && cell.row === this.data.time);
  }
}

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".gl-numbers");
  for (const [name, value] of Object.entries(data.colours)) root.style.setProperty(`--gl-${name}`, value);
  let sheet = sheets.get(root);
  if (!sheet) sheets.set(root, (sheet = new Sheets(root)));
  sheet.update(data, setStateValue);
}
