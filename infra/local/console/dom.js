/** What the views are made with. No HTML is ever parsed. */

/** An element with attributes (functions are listeners) and children: nodes, texts, lists of them, or nothing. */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== undefined && child !== null && child !== false));
  return made;
}

export const byId = (id) => document.getElementById(id);

/** Tell a screen reader. */
export function say(text) {
  byId("said").textContent = text;
}

/** `label` is part of "Copy " and `what`, so that who speaks to the page can say what is seen. */
export function copyButton(text, what, label = "Copy") {
  const button = element("button", { class: "copy", type: "button", "aria-label": `Copy ${what}`, click: copy }, label);

  async function copy() {
    if (!navigator.clipboard) throw new Error("Browsers let pages copy on localhost only: open the console there.");
    await navigator.clipboard.writeText(text);
    show("Copied", `Copied ${what}`);
    say(`Copied ${what}`);
    setTimeout(() => show(label, `Copy ${what}`), 1500);
  }

  function show(shown, name) {
    button.textContent = shown;
    button.setAttribute("aria-label", name);
  }
  return button;
}

/** Pairs of a name and what stands for it, as the children of a `dl`. */
export function facts(pairs) {
  return pairs.filter(Boolean).map(([name, ...value]) => [element("dt", {}, name), element("dd", {}, value)]);
}

export function table(caption, heads, rows) {
  return element(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
    element(
      "table",
      {},
      element(
        "thead",
        {},
        element(
          "tr",
          {},
          heads.map((head) => element("th", { scope: "col" }, head)),
        ),
      ),
      element(
        "tbody",
        {},
        rows.map((row) =>
          element(
            "tr",
            {},
            row.map((cell) => element("td", {}, cell)),
          ),
        ),
      ),
    ),
  );
}

export function time(iso) {
  const date = new Date(iso);
  const day = date.toDateString() === new Date().toDateString() ? {} : { day: "numeric", month: "short" };
  const shown = date.toLocaleString(undefined, { ...day, hour: "2-digit", minute: "2-digit", second: "2-digit" });
  return element("time", { datetime: iso, title: date.toLocaleString() }, shown);
}
