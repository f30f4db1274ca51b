// What the components share: making nodes, and the colour of a number.

const SVG_NS = "http://www.w3.org/2000/svg";
const PARTS = ["r", "z", "n", "h"]; // the order in which a step is computed

function svgNode(tag, attributes, parent) {
  const node = document.createElementNS(SVG_NS, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  parent?.append(node);
  return node;
}

/** el("div", "class", child, child …); text children are always text, never markup. */
function el(tag, className, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

/** A gate value is a share (0 to 1); a state or candidate has a sign. The share of its colour follows. */
function valueColour(value, isShare) {
  if (!Number.isFinite(value)) return "var(--gl-paper)";
  if (isShare) return `color-mix(in oklab, var(--gl-kind) ${Math.round(8 + 62 * Math.min(1, Math.max(0, value)))}%, var(--gl-paper))`;
  const sign = value < 0 ? "var(--gl-negative)" : "var(--gl-positive)";
  return `color-mix(in oklab, ${sign} ${Math.round((60 * Math.abs(value)) / (0.6 + Math.abs(value)))}%, var(--gl-paper))`;
}
