// Keeps the address of the page equal to its state, and copies it. The address is replaced, not pushed:
// "back" leaves the page instead of undoing thirty edits.

function copyText(text) {
  // navigator.clipboard exists only on https and localhost; a classroom server is often neither
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const field = Object.assign(document.createElement("textarea"), { value: text });
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  return done ? Promise.resolve() : Promise.reject(new Error("copy refused"));
}

export default function ({ data, parentElement }) {
  const button = parentElement.querySelector("button");
  const field = parentElement.querySelector("input");
  const address = () => {
    const url = new URL(window.location.href);
    for (const name of data.owned) url.searchParams.delete(name);
    for (const [name, value] of Object.entries(data.query)) url.searchParams.set(name, value);
    return url;
  };
  const here = address();
  if (here.href !== window.location.href) window.history.replaceState(window.history.state, "", here);
  parentElement.querySelector(".gl-address").hidden = !data.words; // the frame has an address but no button
  if (!data.words) return;
  button.textContent = data.words.copy;
  button.title = data.words.hint;
  field.hidden = true;
  button.onclick = async () => {
    const link = address().href;
    try {
      await copyText(link);
      button.textContent = data.words.copied;
    } catch {
      Object.assign(field, { value: link, hidden: false });
      field.setAttribute("aria-label", data.words.hint);
      field.select();
    }
    setTimeout(() => { button.textContent = data.words.copy; }, 2000);
  };
}
