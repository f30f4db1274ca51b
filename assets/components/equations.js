// Equations as HTML: the same expression tree in symbols or with its numbers in. Knows expressions,
// not GRUs: the tree, the names and every number come from Python.

/** Whose colour a name wears: W_r and r_pre are r's; h, h_kept are h's; b, c and keep follow their gate; a gradient that of its name. */
function kindOf(gradientOrName) {
  const name = gradientOrName.replace(/^d_/, "");
  const [first, last] = [name[0], name.at(-1)];
  if ("WUbc".includes(first) && name[1] === "_") return last;
  return name === "keep" ? "z" : name === "h_new" ? "n" : first;
}

/** W with subscript r, in r's colour. */
function symbol({ name, base, sub }, transposed = false) {
  const node = el("span", `gl-sym gl-kind-${kindOf(name)}`, el("i", "", base));
  if (sub) node.append(el("sub", "", sub));
  if (transposed) node.append(el("sup", "", "⊤"));
  return node;
}

/** A vector (array of strings) or matrix (array of rows) in brackets; the chosen unit's row stands out. */
function matrix(rows, name, unit) {
  const grid = el("span", `gl-matrix gl-kind-${kindOf(name)}`);
  const table = rows.map((row) => (Array.isArray(row) ? row : [row]));
  grid.style.setProperty("--columns", table[0].length);
  const marks = name !== "x" && table.length > 1;
  table.forEach((row, i) => row.forEach((text) => grid.append(el("span", marks && i === unit ? "gl-now" : "", text))));
  return grid;
}

/** The rows of the transpose; a vector becomes a single row. */
const transpose = (rows) => (Array.isArray(rows[0]) ? rows[0].map((_, j) => rows.map((row) => row[j])) : [rows]);

const mark = (text) => el("span", "gl-mark", text);
const paren = (text) => el("span", "gl-paren", text);
const functionName = ({ base, sub }) => el("span", "gl-fn", base, sub ? el("sub", "", sub) : null);

const DRAW = {
  value: (node, leaf) => [leaf(node)],
  matrix_vector: (node, leaf) => [leaf(node.matrix), el("span", "gl-thin"), ...draw(node.vector, leaf)],
  transposed_vector: (node, leaf) => [leaf(node.matrix, true), el("span", "gl-thin"), ...draw(node.vector, leaf)],
  outer: (node, leaf) => [...draw(node.left, leaf), el("span", "gl-thin"), ...draw(node.right, (value) => leaf(value, true))],
  difference: (node, leaf) => [...draw(node.left, leaf), mark("−"), ...draw(node.right, leaf)],
  hadamard: (node, leaf) => [...draw(node.left, leaf), mark("∘"), ...draw(node.right, leaf)],
  complement: (node, leaf) => [el("span", "", "1"), mark("−"), ...draw(node.of, leaf)],
  sum: (node, leaf) => node.terms.flatMap((term, i) => (i ? [mark("+"), ...draw(term, leaf)] : draw(term, leaf))),
  apply: (node, leaf) => [functionName(node), paren("("), ...draw(node.of, leaf), paren(")")],
  group: (node, leaf) => [paren("("), ...draw(node.of, leaf), paren(")")],
};

function draw(tree, leaf) {
  return DRAW[tree.kind](tree, leaf);
}

/** One line in symbols: result = expression, or += where steps add up. */
function symbolLine(line) {
  return el("span", "gl-math", symbol(line.result), mark(line.role === "contribution" ? "+=" : "="), ...draw(line.expression, symbol));
}

/** One line with its numbers: expression = result. `sign` is = or ≈, whichever is true of what is shown. */
function numberLine(line, sign, numbers, unit) {
  const leaf = ({ name }, transposed = false) => matrix(transposed ? transpose(numbers(name)) : numbers(name), name, unit);
  return el("span", "gl-math", ...draw(line.expression, leaf), mark(sign), leaf(line.result));
}

/** 0.50·1.20 + (−0.30)·0.70 = 0.39 → σ(0.39) = 0.60: one unit written out. */
function scalarLine(scalar, kind) {
  const node = el("span", "gl-scalar");
  scalar.terms.forEach((factors, i) => {
    if (i) node.append(mark("+"));
    const term = el("span", "gl-term");
    factors.forEach((factor, j) => {
      if (j) term.append("·");
      const number = el("span", `gl-kind-${kindOf(factor.name)} gl-factor`, factor.text);
      number.title = `${factor.base}${factor.sub ? "_" + factor.sub : ""}[${factor.index.map((at) => at + 1).join(", ")}]`;
      term.append(number);
    });
    node.append(term);
  });
  if (!scalar.is_single_number) node.append(mark(scalar.sum_sign), el("b", scalar.function ? "" : `gl-answer gl-kind-${kind}`, scalar.total));
  if (scalar.function) {
    node.append(mark("→"), functionName(scalar.function), paren("("), el("span", "", scalar.total), paren(")"),
      mark(scalar.result_sign), el("b", `gl-answer gl-kind-${kind}`, scalar.result));
  }
  return node;
}

/** σ or tanh as a curve, with the chosen unit's point on it. */
function activationCurve(points, [x, y], kind, label) {
  const W = 190, H = 104, pad = 12;
  const [x0, x1] = [points[0][0], points.at(-1)[0]];
  const low = points[0][1] < -0.5 ? -1 : 0;
  const X = (value) => pad + ((value - x0) / (x1 - x0)) * (W - 2 * pad);
  const Y = (value) => H - pad - ((value - low) / (1 - low)) * (H - 2 * pad);
  const root = svgNode("svg", { viewBox: `0 0 ${W} ${H}`, class: `gl-activation gl-kind-${kind}`, role: "img", "aria-label": label });
  svgNode("path", { d: `M${pad},${Y(0)} H${W - pad} M${X(0)},${pad} V${H - pad}`, class: "gl-grid" }, root);
  svgNode("path", { d: `M${pad},${Y(1)} H${W - pad} M${pad},${Y(low)} H${W - pad}`, class: "gl-bound" }, root);
  svgNode("path", { d: "M" + points.map(([px, py]) => `${X(px)},${Y(py)}`).join(" L"), class: "gl-curve" }, root);
  svgNode("path", { d: `M${X(x)},${Y(0)} V${Y(y)} H${X(0)}`, class: "gl-drop" }, root);
  svgNode("circle", { cx: X(x), cy: Y(y), r: 5 }, root);
  for (const [text, value] of [["1", 1], [low ? "−1" : "0", low]]) {
    svgNode("text", { x: X(0) + 4, y: Y(value) + (value === 1 ? -2 : 10) }, root).textContent = text;
  }
  for (const [at, anchor] of [[x0, "start"], [x1, "end"]]) {
    svgNode("text", { x: X(at), y: Y(0) + (low ? 10 : -3), "text-anchor": anchor }, root).textContent = String(at).replace("-", "−");
  }
  return root;
}
