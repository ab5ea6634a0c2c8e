export default function ({ data, parentElement }) {
  const button = parentElement.querySelector("button");
  const said = parentElement.querySelector("[role=status]");
  button.textContent = data.label;
  button.hidden = false;
  button.onclick = async () => {
    try {
      await navigator.clipboard.writeText(data.text);
      said.textContent = data.done;
    } catch {
      said.textContent = data.failed;
    }
  };
}
