// What the settings are made of. `at` is what they show, and where the visitor is in them: see settings.js.

import { Problem } from "./api.js";
import { button, form, h, paragraph } from "./dom.js";
import { show } from "./page.js";
import { language, say } from "./words.js";

// A part under a heading. Whoever comes back to it is told there what was done.
export function section(at, name, title, ...nodes) {
  const here = at.from === name;
  return h(
    "section",
    { "aria-labelledby": name },
    h("h2", { id: name, tabindex: -1, autofocus: here && !at.said }, title),
    here && at.said && paragraph(at.said, { class: at.failed ? "told" : "done", tabindex: -1, autofocus: true }),
    nodes,
  );
}

// What there is, and what can be done with it.
export function row(what, ...acts) {
  return h("div", { class: "row" }, h("div", {}, what), acts.some(Boolean) && h("div", { class: "acts" }, acts));
}

export const soft = (text) => paragraph(text, { class: "hint" });

// A button that acts at once, or opens a step. It says above if that fails, in the words of its `topic`.
export const press = (label, act, kind = "", topic = "") => form({ submit: label, act, kind, topic });

// A label that tells its thing to whoever does not see them side by side.
export const labelled = (label, thing) => [label, h("span", { class: "unseen" }, ` ${thing}`)];

// A step that asks before it acts; without it, back to the part that it was begun in.
export function step(at, from, { title, lead, more = [], ...asked }) {
  show(
    title,
    paragraph(lead, { class: "lead" }),
    more,
    form(asked),
    button(say("factor.cancel"), () => at.home(from), { class: "quiet" }),
  );
}

// What the account is called by.
export const called = ({ email, phone, name, $id }) => email || phone || name || $id;

// The device of a session or an entry of the log.
export function device({ clientName, osName }) {
  return clientName && osName ? say("device.known", { client: clientName, system: osName }) : say("device.unknown");
}

// Where it was: the country, or the address where that is not known.
export function place({ countryCode, ip }) {
  const known = /^[a-z]{2}$/.test(countryCode);
  return known ? new Intl.DisplayNames(language, { type: "region" }).of(countryCode.toUpperCase()) : h("bdi", { dir: "ltr" }, ip);
}

// Facts in one line, apart from each other's direction. Each is in that of the page, whatever name it begins with; numbers
// of a network are not.
export function facts(...each) {
  const parts = each.filter(Boolean).map((fact) => h("bdi", { dir: document.dir }, fact));
  return h("p", { class: "hint" }, parts.flatMap((part, at) => (at ? [" · ", part] : part)));
}

// A button that puts a text into the clipboard, and says so; its width has room for both.
export function copying(label, text) {
  const told = h("span", { role: "status", class: "unseen" });
  const copy = async () => {
    await navigator.clipboard.writeText(text).catch(() => {
      throw new Problem("not_copied");
    });
    before.parentElement.classList.add("copied");
    told.textContent = say("copy.done");
  };
  const before = h("span", {}, label), after = h("span", {}, say("copy.done"));
  return h("div", {}, press([before, after], copy, "copy"), told);
}
