// What the server says of this page, and what its address says.

const query = new URLSearchParams(location.search);
const CARRIED = ["return", "challenge", "state", "lang", "to"];
const main = document.querySelector("main");

export const known = JSON.parse(document.querySelector("meta[name=page]").content);

// Of a link in a mail, or of the app that sent the visitor here; `to` is the page that asked for a sign-in.
export const given = Object.fromEntries(["userId", "secret", "challenge", "state", "to"].map((name) => [name, query.get(name)]));

// What the link of a mail gave, until it is used.
export const unused = () => (given.secret ? { userId: given.userId, secret: given.secret } : {});

// The address of one of the pages, with what the app gave along.
export function address(page, more = {}) {
  const url = new URL(`../${page}`, import.meta.url);
  for (const name of CARRIED) {
    if (query.has(name)) url.searchParams.set(name, query.get(name));
  }
  for (const [name, value] of Object.entries(more)) url.searchParams.set(name, value);
  return url.href;
}

// A secret stays neither in the address bar nor in the history.
if (given.secret) history.replaceState(null, "", address(known.name));

// What was sent, for a page that is loaded again: a phone does so after a look at the mail. It stays in this entry of the
// tab's history, by `name`, and is no secret.
export const remember = (name, value) => history.replaceState({ ...history.state, [name]: value }, "");
export const remembered = (name) => history.state?.[name];
export const lives = ({ expire }) => Date.parse(expire) > Date.now();

// Put a view in the place of the one before. What it marks with `autofocus` has the focus, else its heading.
export function show(title, ...nodes) {
  const heading = document.createElement("h1");
  heading.append(title);
  heading.tabIndex = -1;
  document.title = `${title} · ${known.brand}`;
  main.replaceChildren(heading, ...nodes.flat().filter(Boolean));
  (main.querySelector("[autofocus]") ?? heading).focus();
}

// Puts the view of now back later, with what has been typed.
export function kept() {
  const { title, activeElement } = document, nodes = [...main.childNodes];
  return () => {
    document.title = title;
    main.replaceChildren(...nodes);
    activeElement.focus();
  };
}
