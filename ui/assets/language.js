// A screen reader pronounces the page by this; Streamlit itself always says English.
export default function ({ data }) {
  document.documentElement.lang = data.language;
}
