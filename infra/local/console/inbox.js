/** The inbox: what the app has sent, as it comes. */

import { byId, copyButton, element, facts, say, time } from "./dom.js";

const MOST = 100;
const rows = new Map();
let messages = [];
let open = "";

/** Look for news; whether there are any. Throws when the server does not answer. */
export async function look() {
  const answer = await fetch(`/_local/inbox?limit=${MOST}`);
  const newest = await answer.json();
  if (newest[0]?.id === messages[0]?.id && newest.length === messages.length) return false;
  const first = rows.size === 0;
  messages = newest;
  show();
  const [{ channel, to } = {}] = newest;
  if (!first && to) say(`New ${channel === "sms" ? "SMS" : "mail"} to ${to}`);
  return true;
}

function show() {
  const list = byId("inbox-list");
  const kept = new Set(messages.map(({ id }) => id));
  for (const [id, row] of rows) {
    if (!kept.has(id)) {
      row.remove();
      rows.delete(id);
    }
  }
  list.querySelector(".empty")?.remove();
  for (const message of [...messages].reverse()) {
    if (rows.has(message.id)) continue;
    rows.set(message.id, row(message));
    list.prepend(rows.get(message.id));
  }
  if (!messages.length) list.append(element("li", { class: "empty" }, "No mail and no SMS has been sent yet."));
  byId("inbox-count").textContent = messages.length ? (messages.length < MOST ? messages.length : `${MOST}+`) : "";
  read(open);
}

function row({ id, channel, to, subject, text, code, sentAt }) {
  return element(
    "li",
    {},
    element(
      "a",
      { href: `#inbox/${id}` },
      element("strong", {}, subject || text),
      element("small", {}, channel === "sms" ? "SMS to " : "Mail to ", to, " · ", time(sentAt)),
    ),
    code && copyButton(code, `code ${code}`, code),
  );
}

/** Show a message, or say that none is chosen. */
export function read(id) {
  const message = messages.find((each) => String(each.id) === id);
  const reader = byId("inbox-reader");
  if (!message || id !== open || !reader.firstChild?.dataset.message) {
    reader.replaceChildren(message ? page(message) : hint());
  }
  open = id;
  reader.parentElement.toggleAttribute("data-open", Boolean(message));
  for (const [each, row] of rows) {
    const link = row.querySelector("a");
    if (message?.id === each) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

function hint() {
  return element(
    "p",
    { class: "card empty" },
    messages.length ? "Choose a message to read it." : "Make a user on the first page, or sign up in your app.",
  );
}

function page({ id, channel, to, toName, subject, text, html, code, sentAt }) {
  const links = text.match(/https?:\/\/\S+/g) ?? [];
  return element(
    "article",
    { class: "card", "data-message": id },
    element("a", { class: "back", href: "#inbox" }, "Back to the inbox"),
    element("h2", {}, subject || "SMS"),
    element(
      "dl",
      { class: "facts" },
      facts([
        ["To", toName ? `${toName} <${to}>` : to],
        ["Sent", time(sentAt)],
        code && ["Code", element("span", { class: "code otp" }, code), copyButton(code, `code ${code}`)],
        ...links.map((link) => [
          "Link",
          element("a", { href: link, target: "_blank", rel: "noopener" }, shortened(link)),
          copyButton(link, "link"),
        ]),
      ]),
    ),
    html &&
      element("iframe", {
        src: `/_local/inbox/${id}`,
        title: `Mail: ${subject}`,
        sandbox: "allow-popups allow-popups-to-escape-sandbox",
      }),
    channel === "sms"
      ? element("pre", { class: "text" }, text)
      : element("details", {}, element("summary", {}, "Plain text"), element("pre", { class: "text" }, text)),
  );
}

const shortened = (link) => (link.length > 60 ? `${link.slice(0, 57)}…` : link);

export function start() {
  byId("inbox-empty").addEventListener("click", async () => {
    await fetch("/_local/inbox", { method: "DELETE" });
    await look();
    say("The inbox is empty");
  });
  show();
}
