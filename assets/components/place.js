// Where in the cell a method acts: the drawing of the cell with these places lit.

const PLACES = {
  x: ['[data-value="x"]'], h: ['[data-value="h_previous"]'], r: ['[data-node="r"]'], z: ['[data-node="z"]'],
  n: ['[data-node="n"]', '[data-value="n"]'], W: [".gl-tap-W"], U: [".gl-tap-U", '[data-node="matrix"]'],
  blend: ['[data-node="keep"]', '[data-node="new"]', '[data-node="one"]', '[data-node="sum"]'],
  out: ['[data-value="h"]'], above: ['[data-value="h"]'],
};

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".gl-place");
  for (const [name, value] of Object.entries(data.colours)) root.style.setProperty(`--gl-${name}`, value);
  const drawing = drawCell(root, {
    tall: false, reset: data.reset, zWeights: data.z, units: 1, inputs: 1,
    words: { alt: data.alt, parts: {}, nodes: {}, values: {} }, on: {}, interactive: false,
  });
  drawing.light("");
  for (const tap of root.querySelectorAll(".gl-tap")) tap.classList.add(`gl-tap-${tap.querySelector("text").firstChild.textContent}`);
  for (const place of data.acts) for (const node of root.querySelectorAll(PLACES[place].join(","))) node.classList.add("gl-acts");
}
