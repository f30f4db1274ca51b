// The keyboard of a page: a key that is pressed outside of every field is said to Python.

const fields = "input, textarea, select, button, a, [contenteditable], [role=slider], [role=combobox], [role=tab], [role=option]";

export default function ({ data, setTriggerValue }) {
  const listen = (event) => {
    const action = data.keys[event.key];
    if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
    const at = event.composedPath()[0];
    // A letter on a button does nothing by itself; space and arrows do.
    if (at instanceof Element && at.closest(fields) && !(at.closest("button, a") && event.key.length === 1 && event.key !== " ")) return;
    event.preventDefault();
    event.stopImmediatePropagation(); // Streamlit has its own use for some letters
    if (!event.repeat || data.repeat?.includes(event.key)) setTriggerValue("key", action);
  };
  window.addEventListener("keydown", listen, true);
  return () => window.removeEventListener("keydown", listen, true);
}
