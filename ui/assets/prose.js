// Text of documents, messages and models, drawn node by node: it never passes through an HTML parser.
function part(piece, say) {
  const text = document.createTextNode(piece.text);
  if (piece.cite) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "cite";
    button.setAttribute("aria-label", piece.label);
    button.title = piece.label;
    button.append(text);
    button.onclick = () => say(piece.cite);
    return [button];
  }
  if (!piece.marks) return [text];
  const mark = document.createElement("mark");
  mark.className = piece.look;
  mark.append(text);
  if (!piece.ends) return [mark];
  const sign = document.createElement("sup");
  sign.append(document.createTextNode(piece.ends));
  const spoken = document.createElement("span");
  spoken.className = "spoken";
  spoken.append(document.createTextNode(` (${piece.label}) `));
  sign.setAttribute("aria-hidden", "true");
  return [mark, sign, spoken];
}

const TAGS = { heading: "h4", item: "li", quote: "blockquote", text: "p", exact: "p", line: "p" };

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".prose");
  const fresh = JSON.stringify(data);
  if (root.dataset.drawn === fresh) return;
  root.dataset.drawn = fresh;
  root.replaceChildren();
  root.lang = data.language;
  let list = null;
  for (const block of data.blocks) {
    const element = document.createElement(TAGS[block.kind]);
    element.className = block.kind;
    for (const piece of block.pieces) element.append(...part(piece, (n) => setTriggerValue("open", n)));
    if (block.kind === "item") {
      if (!list) root.append((list = document.createElement("ul")));
      list.append(element);
    } else {
      list = null;
      root.append(element);
    }
  }
  const first = data.scroll && root.querySelector("mark");
  if (first) requestAnimationFrame(() => first.scrollIntoView({ block: "center" }));
}
