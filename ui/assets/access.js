// What a screen reader and a keyboard need and Streamlit does not give: the language of the page, Streamlit's own words in that
// language, and the focus back where it was when a dialog closes.
const ATTRIBUTES = ["aria-label", "placeholder"];
const WORDED = '[data-testid="InputInstructions"], [data-testid="stFileUploaderDropzone"], [role="listbox"]';
const known = new WeakMap(); // what was translated: its English, and what stands there instead
let words = {};
let last = null; // what had the focus outside any dialog
let open = false;

function told(english) {
  if (english in words) return words[english];
  const opening = Object.keys(words).find((one) => one.endsWith("…") && english.startsWith(one.slice(0, -1)));
  return opening ? words[opening].replace("…", english.slice(opening.length - 1)) : english;
}

function put(holder, name, now, set) {
  const before = known.get(holder)?.[name];
  const english = before?.shown === now ? before.english : now;
  const shown = told(english);
  if (shown === now) return;
  known.set(holder, { ...known.get(holder), [name]: { english, shown } });
  set(shown);
}

function translate() {
  for (const name of ATTRIBUTES)
    for (const one of document.querySelectorAll(`[${name}]`))
      put(one, name, one.getAttribute(name), (shown) => one.setAttribute(name, shown));
  for (const part of document.querySelectorAll(WORDED)) {
    const walker = document.createTreeWalker(part, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const node = walker.currentNode;
      put(node, "text", node.nodeValue, (shown) => (node.nodeValue = shown));
    }
  }
}

function deepest() {
  let found = document.activeElement;
  while (found?.shadowRoot?.activeElement) found = found.shadowRoot.activeElement;
  return found;
}

function follow() {
  const now = document.querySelector('[role="dialog"][aria-labelledby]') !== null;
  if (open && !now) setTimeout(() => deepest() === document.body && last?.isConnected && last.focus(), 150);
  open = now;
}

function watch() {
  document.addEventListener("focusin", (event) => {
    const path = event.composedPath();
    if (!path.some((one) => one.getAttribute?.("role") === "dialog")) last = path[0];
  });
  let asked = 0;
  new MutationObserver(() => {
    cancelAnimationFrame(asked);
    asked = requestAnimationFrame(() => (follow(), translate()));
  }).observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: ATTRIBUTES });
}

let watching = false;

export default function ({ data }) {
  document.documentElement.lang = data.language;
  words = data.words;
  if (!watching) watch();
  watching = true;
  translate();
}
