// The GRU cell as a picture. One table of places (wide, 1030 × 510); a narrow screen gets the same
// table with x and y swapped, so there is one drawing to keep right.

const ROW = [0, 30, 28, 25, 22.5]; // height of one number in a chip of 1 to 4 numbers
const CHIP = 82; // width of a chip

/** Wires, blocks, operations and chips of one convention, in wide coordinates. */
function cellPlan(reset, zWeights) {
  const resetFirst = reset === "before";
  const gateOnState = zWeights === "state";
  const yReset = resetFirst ? 380 : 320;
  const yMatrix = resetFirst ? 320 : 380;
  const wire = (kind, parts, ...points) => ({ kind, parts, points });
  const wires = [
    // x and h reach the three blocks along the bottom
    wire("x", ["r"], [97, 462], [185, 462], [185, 372]),
    wire("x", ["z"], [97, 462], [405, 462], [405, 372]),
    wire("x", ["n"], [97, 462], [760, 462], [760, 372]),
    wire("h", ["r"], [125, 72], [125, 420], [235, 420], [235, 372]),
    wire("h", ["z"], [125, 72], [125, 420], [455, 420], [455, 372]),
    wire("h", ["n"], [125, 72], [125, 420], [580, 420], [580, 397]),
    wire("h", ["n"], [580, 363], [580, 337]),
    wire("h", ["n"], [597, 320], [705, 320]),
    // what the gates do
    wire("r", ["r", "n"], [210, 302], [210, 262], [520, 262], [520, yReset], [563, yReset]),
    wire("z", ["z", "h"], [430, 302], [430, 90]),
    wire("z", ["z", "h"], [430, 152], [742, 152]),
    wire("n", ["n", "h"], [760, 302], [760, 170]),
    wire("n", ["h"], [778, 152], [905, 152], [905, 90]),
    // the old state runs straight through: the path that lets a GRU remember
    wire("h", ["h"], [56, 72], [412, 72]),
    wire("h", ["h"], [448, 72], [887, 72]),
    wire("h", ["h"], [923, 72], [985, 72]),
  ];
  const blocks = [
    { id: "r", at: [210, 337], letter: "r", curve: "gate", parts: ["r"], lines: "r" },
    { id: "z", at: [430, 337], letter: "z", curve: "gate", parts: ["z"], lines: "z" },
    { id: "n", at: [760, 337], letter: "n", curve: "tanh", parts: ["n"], lines: "n" },
  ];
  const ops = [
    { id: "matrix", at: [580, yMatrix], text: "U", sub: "n", parts: ["n"], lines: "n", box: true },
    { id: "reset", at: [580, yReset], text: "∘", parts: ["n"], lines: "n", kind: "r" },
    { id: "keep", at: [430, 72], text: "∘", parts: ["h"], lines: "h", kind: "z" },
    { id: "new", at: [760, 152], text: "∘", parts: ["h"], lines: "h", kind: "z" },
    { id: "sum", at: [905, 72], text: "+", parts: ["h"], lines: "h", kind: "h" },
    { id: "one", at: gateOnState ? [560, 152] : [430, 115], text: "1−", parts: ["h"], lines: "h", kind: "z" },
  ];
  const chips = [
    { value: "h_previous", at: [56, 72], title: "h", kind: "h", parts: PARTS, edge: true },
    { value: "x", at: [56, 462], title: "x", kind: "x", parts: ["r", "z", "n"], edge: true },
    { value: "r", at: [318, 262], title: "r", kind: "r", parts: ["r", "n"], unit: true },
    { value: "z", at: [430, 212], title: "z", kind: "z", parts: ["z", "h"], unit: true },
    { value: "n_recurrent", at: [652, 320], title: "", kind: "h", parts: ["n"] },
    { value: "n", at: [760, 237], title: "n", kind: "n", parts: ["n", "h"] },
    { value: "one_minus_z", at: gateOnState ? [657, 152] : [338, 142], title: "", kind: "z", parts: ["h"], unit: true },
    { value: "h_kept", at: [760, 72], title: "", kind: "h", parts: ["h"] },
    { value: "h_new", at: [846, 152], title: "", kind: "n", parts: ["h"] },
    { value: "h", at: [985, 72], title: "h′", kind: "h", parts: ["h"], edge: true },
  ];
  const taps = [
    { at: [185, 394], side: -1, text: "W", sub: "r", parts: ["r"] }, { at: [235, 394], side: 1, text: "U", sub: "r", parts: ["r"] },
    { at: [405, 394], side: -1, text: "W", sub: "z", parts: ["z"] }, { at: [455, 394], side: 1, text: "U", sub: "z", parts: ["z"] },
    { at: [760, 394], side: -1, text: "W", sub: "n", parts: ["n"] },
  ];
  return { wires, blocks, ops, chips, taps };
}

function roundedPath(points, radius = 14) {
  let path = `M${points[0]}`;
  for (let i = 1; i < points.length - 1; i++) {
    const [x0, y0] = points[i - 1], [x, y] = points[i], [x1, y1] = points[i + 1];
    const before = Math.min(radius, Math.hypot(x - x0, y - y0) / 2);
    const after = Math.min(radius, Math.hypot(x1 - x, y1 - y) / 2);
    path += ` L${x - Math.sign(x - x0) * before},${y - Math.sign(y - y0) * before}`;
    path += ` Q${x},${y} ${x + Math.sign(x1 - x) * after},${y + Math.sign(y1 - y) * after}`;
  }
  return `${path} L${points.at(-1)}`;
}

/**
 * Draw the cell into `host`. Returns { show(values, shown, unit), light(part, extra) }.
 * `on.hover(part|null)`, `on.choose(part)` and `on.unit(i)` tell what the reader points at.
 */
function drawCell(host, { tall, reset, zWeights, units, inputs, words, on, interactive }) {
  const plan = cellPlan(reset, zWeights);
  const place = ([x, y]) => (tall ? [y, x] : [x, y]);
  host.replaceChildren();
  const root = svgNode("svg", {
    viewBox: tall ? "0 0 516 1040" : "0 0 1040 516",
    class: "gl-cell", role: "img", "aria-label": words.alt, "data-tall": tall,
  }, host);
  const layer = (name) => svgNode("g", { class: `gl-layer-${name}` }, root);
  const wireLayer = layer("wires"), nodeLayer = layer("nodes"), chipLayer = layer("chips");
  const lit = []; // [node, parts]

  for (const { kind, parts, points } of plan.wires) {
    const group = svgNode("g", { class: `gl-wire gl-kind-${kind}` }, wireLayer);
    const d = roundedPath(points.map(place));
    svgNode("path", { d, class: "gl-halo" }, group);
    svgNode("path", { d, class: "gl-glow", pathLength: 1 }, group);
    svgNode("path", { d, class: "gl-line" }, group);
    lit.push([group, parts]);
  }

  const reactive = (group, part, name) => {
    if (!interactive) return;
    group.setAttribute("tabindex", "0");
    group.setAttribute("role", "button");
    group.setAttribute("aria-label", name);
    group.addEventListener("pointerenter", () => on.hover(part));
    group.addEventListener("pointerleave", () => on.hover(null));
    group.addEventListener("focus", () => on.hover(part));
    group.addEventListener("blur", () => on.hover(null));
    group.addEventListener("click", () => on.choose(part));
    group.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      on.choose(part);
    });
  };

  for (const { at, side, text, sub, parts } of plan.taps) {
    const [x, y] = place(at);
    const group = svgNode("g", { class: `gl-tap gl-kind-${sub}` }, nodeLayer);
    const label = svgNode("text", tall ? { x: x + 2, y: y + 20 * side + 5 } : { x: x + 21 * side, y: y + 5 }, group);
    label.textContent = text;
    svgNode("tspan", { class: "gl-sub", dy: 4 }, label).textContent = sub;
    lit.push([group, parts]);
  }

  for (const { id, at, letter, curve, parts, lines } of plan.blocks) {
    const [x, y] = place(at);
    const [w, h] = tall ? [70, 110] : [110, 70];
    const group = svgNode("g", { class: `gl-block gl-kind-${id}`, "data-node": id }, nodeLayer);
    svgNode("rect", { x: x - w / 2, y: y - h / 2, width: w, height: h, rx: 18 }, group);
    const [lx, ly] = tall ? [x, y - 14] : [x - 24, y];
    svgNode("text", { x: lx, y: ly + 11, class: "gl-letter" }, group).textContent = letter;
    const [cx, cy] = tall ? [x, y + 28] : [x + 24, y];
    const s = curve === "tanh" ? 13 : 12;
    svgNode("path", {
      d: `M${cx - 20},${cy + s} C${cx - 4},${cy + s} ${cx - 5},${cy + s * 0.6} ${cx},${cy} S${cx + 4},${cy - s} ${cx + 20},${cy - s}`,
      class: "gl-curve",
    }, group);
    if (curve === "tanh") svgNode("path", { d: `M${cx - 22},${cy} H${cx + 22}`, class: "gl-axis" }, group);
    reactive(group, lines, words.parts[id]);
    lit.push([group, parts]);
  }

  for (const { id, at, text, sub, parts, lines, box, kind } of plan.ops) {
    const [x, y] = place(at);
    const group = svgNode("g", { class: `gl-op gl-kind-${kind ?? "n"}`, "data-node": id }, nodeLayer);
    if (box) svgNode("rect", { x: x - 30, y: y - 17, width: 60, height: 34, rx: 10 }, group);
    else svgNode("circle", { cx: x, cy: y, r: id === "one" ? 15 : 18 }, group);
    const label = svgNode("text", { x, y: y + 7, class: id === "one" ? "gl-small" : "" }, group);
    label.textContent = text;
    if (sub) svgNode("tspan", { class: "gl-sub", dy: 4 }, label).textContent = sub;
    if (box && reset === "after") svgNode("tspan", { dy: -4, class: "gl-small" }, label).textContent = "+c";
    reactive(group, lines, words.nodes[id]);
    lit.push([group, parts]);
  }

  const texts = [];
  for (const chip of plan.chips) {
    const rows = chip.value === "x" ? inputs : units;
    const [x, y] = place(chip.at);
    const height = ROW[rows];
    const top = y - (rows * height) / 2;
    const group = svgNode("g", { class: `gl-chip gl-kind-${chip.kind}${chip.edge ? " gl-edge" : ""}`, "data-value": chip.value }, chipLayer);
    svgNode("rect", { x: x - CHIP / 2 - 3, y: top - 3, width: CHIP + 6, height: rows * height + 6, rx: 9, class: "gl-frame" }, group);
    for (let i = 0; i < rows; i++) {
      const row = svgNode("g", { class: "gl-row", "data-unit": i }, group);
      const rect = svgNode("rect", { x: x - CHIP / 2, y: top + i * height + 1, width: CHIP, height: height - 2, rx: 6 }, row);
      const label = svgNode("text", { x, y: top + (i + 0.5) * height + 6.5 }, row);
      texts.push({ rect, label, row, value: chip.value, index: i, isShare: chip.unit, perUnit: chip.value !== "x" });
      if (interactive && chip.value !== "x") row.addEventListener("click", () => on.unit(i));
    }
    if (chip.title) svgNode("text", { x, y: top - 10, class: "gl-title" }, group).textContent = chip.title;
    svgNode("title", {}, group).textContent = words.values[chip.value];
    lit.push([group, chip.parts]);
  }

  return {
    show(values, shown, unit) {
      for (const { rect, label, row, value, index, isShare, perUnit } of texts) {
        rect.style.fill = valueColour(values[value][index], isShare);
        label.textContent = shown[value][index];
        row.classList.toggle("gl-chosen", interactive && perUnit && index === unit && units > 1);
      }
    },
    light(part) {
      root.dataset.part = part;
      for (const [node, parts] of lit) {
        const now = parts.includes(part);
        if (now && node.parentNode === wireLayer) wireLayer.append(node); // lit wires lie on top
        node.classList.toggle("gl-lit", now);
      }
    },
    hover(part) {
      for (const [node, parts] of lit) node.classList.toggle("gl-hover", part !== null && parts[0] === part);
    },
  };
}
