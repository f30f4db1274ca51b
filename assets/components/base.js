// What the components share: making nodes, the colour of a number, and whose a key press is.

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

/** Whether a key press is meant for nothing else on the page, such as a field or a slider. */
function keyIsFree(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  const target = event.composedPath()[0];
  return !(target instanceof Element && target.closest(
    "input, textarea, select, [contenteditable='true'], [role='tab'], [role='slider'], [role='combobox'], [role='radiogroup'], [role='dialog'], [role='menu'], [data-testid='stDataFrame']",
  ));
}
