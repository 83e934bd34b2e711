/** Which view is shown, what the first one has, and the look at the inbox every two seconds. */

import { about, base, endpoint } from "./api.js";
import * as clock from "./clock.js";
import { DEMOS, make } from "./demo.js";
import { byId, copyButton, element, facts, say } from "./dom.js";
import * as inbox from "./inbox.js";
import * as reference from "./reference.js";
import { tabs } from "./snippets.js";
import * as users from "./users.js";

const EVERY = 2000;
const SHOW = {
  start: () => {},
  inbox: inbox.read,
  users: (id) => Promise.all([users.list(), users.read(id)]),
  api: reference.load,
};

async function go() {
  const [name, ...rest] = location.hash.slice(1).split("/");
  const view = Object.hasOwn(SHOW, name) ? name : "start";
  const before = document.querySelector("[data-view]:not([hidden])").dataset.view;
  for (const section of document.querySelectorAll("[data-view]")) section.hidden = section.dataset.view !== view;
  for (const link of document.querySelectorAll("nav a")) {
    if (link.hash === `#${view}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  const title = document.querySelector(`[data-view=${view}] h1`);
  document.title = `${title.textContent}, chalice-mfa`;
  if (view !== before) {
    scrollTo(0, 0);
    title.focus({ preventScroll: true });
  }
  await trying(() => SHOW[view](rest.join("/")));
}

/** Do it, or say on the page why it cannot be done. */
async function trying(act) {
  try {
    await act();
    byId("trouble").hidden = true;
  } catch (error) {
    complain(error);
  }
}

let unanswered = false;

/** What `fetch` throws where nobody answers is a TypeError. */
function complain(error) {
  unanswered = error instanceof TypeError;
  byId("trouble").textContent = unanswered ? "The server does not answer. Is make run still running?" : error.message;
  byId("trouble").hidden = false;
}

async function watch() {
  if (!document.hidden) {
    try {
      await inbox.look();
      if (unanswered) byId("trouble").hidden = true; // other trouble stays until something else is tried
    } catch (error) {
      complain(error);
    }
  }
  setTimeout(watch, EVERY);
}

function demoButton(demo) {
  const button = element("button", { type: "button", click }, demo.label, element("small", {}, demo.about));

  async function click() {
    const from = location.hash;
    button.disabled = true;
    await trying(async () => {
      const { id } = await make(demo);
      say(`Made a user: ${demo.label}`);
      if (location.hash === from) location.hash = `#users/${id}`; // else somebody went on meanwhile
    });
    button.disabled = false;
  }
  return element("li", {}, button);
}

function addresses() {
  const link = (href) => element("a", { href }, href);
  return facts([
    ["Endpoint", element("code", {}, endpoint), copyButton(endpoint, "endpoint")],
    [
      "Project",
      element("code", {}, about.project),
      copyButton(about.project, "project"),
      element("small", {}, about.projectName),
    ],
    [
      "API key",
      element("code", {}, about.key),
      copyButton(about.key, "API key"),
      element("small", {}, "for servers, with all scopes"),
    ],
    [
      "Inbox",
      link(`${base}/_local/inbox`),
      element("small", {}, "the same as JSON, for scripts and tests; ?to= chooses a recipient"),
    ],
    ["OpenAPI", link(`${endpoint}/openapi.json`)],
    [
      "Verify",
      element("code", {}, `${base}/_local/verify`),
      copyButton(`${base}/_local/verify`, "address"),
      element("small", {}, "a page that verification links may point to"),
    ],
  ]);
}

const PAGES = [
  ["sign-up", "Sign up"],
  ["sign-in", "Sign in, with the second factor"],
  ["recovery", "Forgotten password"],
  ["settings", "Security settings, once signed in"],
];

function pages() {
  return PAGES.map(([name, label]) =>
    element("li", {}, element("a", { href: `${endpoint}/pages/${name}`, target: "_blank" }, label)),
  );
}

async function example() {
  const source = await (await fetch("/_local/example/index.html")).text();
  return [
    copyButton(source, "the file of the example", "Copy the file"),
    element("a", { class: "button", href: "/_local/example/index.html", target: "_blank" }, "Read it"),
    about.example && element("a", { class: "button", href: "/_local/example/", target: "_blank" }, "Open it here"),
  ].filter(Boolean);
}

byId("addresses").append(...addresses().flat());
byId("demos").append(...DEMOS.map(demoButton));
byId("snippets").append(...tabs().flat());
byId("pages").append(...pages());
byId("example").append(...(await example()));
document.querySelector("[data-skip]").addEventListener("click", (event) => {
  event.preventDefault();
  document.querySelector("[data-view]:not([hidden]) h1").focus();
});
for (const part of [clock, inbox, users, reference]) part.start();
addEventListener("hashchange", go);
addEventListener("unhandledrejection", ({ reason }) => complain(reason));
document.addEventListener("clock", go);
document.addEventListener("visibilitychange", () => document.hidden || go());
await go();
watch();
