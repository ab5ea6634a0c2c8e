// What is typed into a form outlives a reload: this tab remembers it (sessionStorage) until it is closed. What the page knows is
// written after each run of its script; what is being typed, which the page does not know yet, at every key.
const PLACE = "coach.forms";
const TYPED = '[data-testid="stTextArea"], [data-testid="stTextInput"]';

function read() {
  try {
    return JSON.parse(window.sessionStorage.getItem(PLACE)) ?? {};
  } catch {
    return {};
  }
}

function write(kept) {
  try {
    window.sessionStorage.setItem(PLACE, JSON.stringify(kept));
  } catch {
    // a browser that keeps nothing, or has no room
  }
}

export default function ({ data, setTriggerValue }) {
  const kept = read();
  const theirs = kept.owner === data.owner ? (kept.forms ?? {}) : {};
  const reloaded = kept.session !== data.session && !data.restored && Object.keys(theirs).length > 0;
  if (reloaded) setTriggerValue("forms", theirs);
  else write({ owner: data.owner, session: data.session, forms: data.forms });

  const names = new RegExp(`^(?:${data.typed})$`);
  const typing = (event) => {
    const key = event.target.closest?.(TYPED) && event.target.closest('[class*="st-key-"]')?.className.match(/st-key-(\S+)/)?.[1];
    if (!key || !names.test(key)) return;
    const now = read();
    write({ ...now, forms: { ...now.forms, [key]: event.target.value } });
  };
  document.addEventListener("input", typing);
  return () => document.removeEventListener("input", typing);
}
