// Elements, forms and fields.

import { Problem } from "./api.js";
import { known } from "./page.js";
import { explain } from "./problems.js";
import { duration, language, say } from "./words.js";

let count = 0;

// An element: `on...` are listeners, true and false set and leave out an attribute.
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== false && value != null) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child != null && child !== false));
  return element;
}

export const paragraph = (text, attributes) => h("p", attributes, text);
export const link = (text, href, attributes) => h("a", { href, ...attributes }, text);
export const button = (text, onclick, attributes) => h("button", { type: "button", onclick, ...attributes }, text);

// A labelled input. `check` says whether it may be sent, and says beside it why not.
export function field(name, { label, hint, add, mistake = () => "", ...attributes }) {
  const id = `${name}-${(count += 1)}`;
  const described = [hint && `${id}-hint`, `${id}-mistake`].filter(Boolean).join(" ");
  const input = h("input", { id, name, required: true, "aria-describedby": described, ...attributes });
  const told = h("p", { id: `${id}-mistake`, class: "mistake" });
  const wrap = h(
    "div",
    { class: "field" },
    h("label", { for: id }, label),
    hint && h("p", { id: `${id}-hint`, class: "hint" }, hint),
    h("div", { class: "input" }, input, add?.(input)),
    told,
  );
  const check = () => {
    const why = input.required && !input.value.trim() ? say("field.empty") : mistake(input.value, input);
    told.textContent = why;
    input.setAttribute("aria-invalid", String(Boolean(why)));
    return !why;
  };
  input.addEventListener("input", () => told.textContent && check());
  return { name, input, wrap, check };
}

export function emailField(value = "", attributes = {}) {
  return field("email", {
    label: say("field.email"),
    type: "email",
    autocomplete: "username",
    autocapitalize: "none",
    spellcheck: "false",
    value,
    mistake: (_, input) => (input.validity.typeMismatch ? say("field.no_email") : ""),
    ...attributes,
  });
}

export function passwordField(autocomplete, attributes = {}) {
  const eye = (input) => {
    const toggle = button(say("field.show_password"), () => {
      const shown = input.type === "text";
      input.type = shown ? "password" : "text";
      toggle.setAttribute("aria-pressed", String(!shown));
    }, { class: "eye", "aria-pressed": "false" });
    return toggle;
  };
  return field("password", {
    label: say("field.password"),
    type: "password",
    autocomplete,
    add: eye,
    ...attributes,
  });
}

// A password that is not there yet, with what is asked of it.
export function newPasswordField(attributes = {}) {
  const { least, kinds } = known.password;
  const list = new Intl.ListFormat(language).format(kinds.map((kind) => say(`field.password_${kind}`)));
  const hint = [say("field.password_rule", { least }), kinds.length ? say("field.password_kinds", { kinds: list }) : ""].join(" ").trim();
  const mistake = (value) => ([...value].length < least ? say("field.password_short", { least }) : "");
  return passwordField("new-password", { label: say("field.new_password"), hint, mistake, ...attributes });
}

// Digits as the API takes them, also from an Arabic, a Persian or a wide keyboard.
export const western = (text) => text.normalize("NFKC").replace(/[\u0660-\u0669\u06f0-\u06f9]/g, (digit) => digit.charCodeAt(0) & 15);

// Digits that a person copies: blanks and the like that come with them are left out.
export function codeField(attributes = {}) {
  const code = field("code", {
    label: say("field.code"),
    type: "text",
    inputmode: "numeric",
    autocomplete: "one-time-code",
    class: "code",
    spellcheck: "false",
    autofocus: true,
    mistake: (value) => (/^\d{6}$/.test(value) ? "" : say("field.no_code")),
    ...attributes,
  });
  code.input.addEventListener("input", () => {
    const digits = western(code.input.value).replace(/\D/g, "");
    if (digits !== code.input.value) code.input.value = digits;
  });
  return code;
}

// A box to tick. `mistake` is said where it is not.
export function tickBox(name, { label, mistake }) {
  const id = `${name}-${(count += 1)}`;
  const input = h("input", { id, name, type: "checkbox", required: true, "aria-describedby": `${id}-mistake` });
  const told = h("p", { id: `${id}-mistake`, class: "mistake" });
  const check = () => {
    told.textContent = input.checked ? "" : mistake;
    input.setAttribute("aria-invalid", String(!input.checked));
    return input.checked;
  };
  input.addEventListener("input", () => told.textContent && check());
  return { name, input, wrap: h("div", { class: "field tick" }, input, h("label", { for: id }, label), told), check };
}

// A form. `act` takes the values; what it throws is explained above the button, which is of a `kind`. `others` are more
// buttons: each has `label`, `act`, and the fields that it `needs`; its `topic`, if it is another.
export function form({ fields = [], submit, act, others = [], topic = "", kind = "primary" }) {
  const told = h("div", { role: "alert", class: "told" });
  let busy = false;
  const run = async (doing, needed, pressed, about = topic) => {
    if (busy) return;
    told.replaceChildren();
    const lacking = needed.filter((each) => !each.check());
    if (lacking.length) {
      lacking[0].input.focus();
      return;
    }
    busy = true;
    pressed.setAttribute("aria-busy", "true");
    try {
      await doing(Object.fromEntries(fields.map(({ name, input }) => [name, input.value])));
    } catch (problem) {
      tell(told, problem, about);
    } finally {
      busy = false;
      pressed.removeAttribute("aria-busy");
    }
  };
  const first = h("button", { class: kind }, submit);
  const rest = others.filter(Boolean).map(({ label, act: doing, needs = [], topic: about }) => {
    const other = button(label, () => run(doing, needs, other, about));
    return other;
  });
  const onsubmit = (event) => {
    event.preventDefault();
    run(act, fields, first);
  };
  return h("form", { novalidate: true, onsubmit }, fields.map((each) => each.wrap), told, first, rest);
}

// Say what went wrong in a live region.
export function tell(region, problem, topic = "") {
  if (!(problem instanceof Problem)) {
    console.error(problem);
    problem = new Problem("unknown");
  }
  region.replaceChildren(explain(problem, topic));
  region.scrollIntoView({ block: "nearest" });
}

// A button that waits for so many seconds.
export function again(label, act, seconds) {
  const end = Date.now() + seconds * 1000;
  const left = () => Math.ceil((end - Date.now()) / 1000);
  const press = button(label, () => left() <= 0 && act(), { class: "quiet" });
  const tick = () => {
    const waits = left() > 0;
    press.setAttribute("aria-disabled", String(waits));
    press.textContent = waits ? say("again.wait", { label, wait: duration(left()) }) : label;
    if (waits) setTimeout(tick, 1000);
  };
  tick();
  return press;
}
