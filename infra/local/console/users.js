/** Users with their factors, sessions and log, as the API tells them to a server with an API key. */

import { asTeam, endpoint } from "./api.js";
import { byId, copyButton, element, facts, table, time } from "./dom.js";
import { known } from "./demo.js";
import { code, secondsLeft } from "./totp.js";

const MOST = 50;
let open = "";

export async function list() {
  const searched = byId("users-search").value.trim();
  const queries = [
    { method: "limit", values: [MOST] },
    { method: "orderDesc", attribute: "$createdAt" },
  ];
  const query = new URLSearchParams(queries.map((each) => ["queries[]", JSON.stringify(each)]));
  if (searched) query.set("search", searched);
  const { users } = await asTeam("GET", `/users?${query}`);
  if (byId("users-search").value.trim() !== searched) return; // more was typed meanwhile
  const rows = users.map((user) =>
    element(
      "li",
      {},
      element(
        "a",
        { href: `#users/${user.$id}`, "aria-current": user.$id === open && "true" },
        element("strong", {}, user.name || user.email || user.phone || user.$id),
        element("small", {}, user.email || user.phone || "anonymous"),
      ),
      element(
        "div",
        { class: "tags" },
        user.mfa && element("span", { class: "tag good" }, "MFA"),
        !user.status && element("span", { class: "tag bad" }, "blocked"),
      ),
    ),
  );
  const none = element(
    "li",
    { class: "empty" },
    searched ? "No user is found." : "No user yet: make one on the first page.",
  );
  byId("users-list").replaceChildren(...(rows.length ? rows : [none]));
}

/** Show a user, or say that none is chosen. */
export async function read(id) {
  open = id;
  const reader = byId("users-reader");
  reader.parentElement.toggleAttribute("data-open", Boolean(id));
  if (!id)
    return reader.replaceChildren(
      element("p", { class: "card empty" }, "Choose a user to see factors, sessions and log."),
    );
  const path = `/users/${encodeURIComponent(id)}`;
  try {
    const [user, factors, { sessions }, { logs }] = await Promise.all(
      ["", "/mfa/factors", "/sessions", "/logs"].map((what) => asTeam("GET", path + what)),
    );
    if (open === id)
      reader.replaceChildren(
        back(),
        ...[secrets(id), account(user, factors), sessionsOf(sessions), logOf(logs)].filter(Boolean),
      );
  } catch (error) {
    if (open === id) reader.replaceChildren(back(), element("p", { class: "card", role: "alert" }, error.message));
  }
}

const back = () => element("a", { class: "back", href: "#users" }, "Back to the users");

function secrets(id) {
  const demo = known(id);
  return (
    demo &&
    element(
      "section",
      { class: "card" },
      element("h2", {}, demo.label),
      element("p", {}, demo.about),
      element(
        "div",
        { class: "buttons" },
        element("a", { class: "button", href: `${endpoint}/pages/sign-in`, target: "_blank" }, "Open the sign-in page"),
      ),
      element(
        "dl",
        { class: "facts" },
        facts([
          ["E-mail", element("code", {}, demo.email), copyButton(demo.email, "e-mail address")],
          ["Password", element("code", {}, demo.password), copyButton(demo.password, "password")],
          demo.secret && ["Code now", totp(demo.secret)],
          demo.secret && [
            "Secret",
            element("code", {}, demo.secret),
            copyButton(demo.secret, "secret of the authenticator"),
          ],
        ]),
      ),
      demo.recoveryCodes && [
        element("h3", {}, "Recovery codes"),
        element(
          "ul",
          { class: "codes" },
          demo.recoveryCodes.map((each) =>
            element("li", {}, element("code", {}, each), copyButton(each, `recovery code ${each}`)),
          ),
        ),
      ],
    )
  );
}

/** The current code and how long it lasts, until it is taken off the page. */
function totp(secret) {
  const shown = element("span", { class: "code otp" });
  const left = element("small");
  const meter = element("meter", { min: "0", max: "30", "aria-label": "Seconds that the code still lasts" });
  const place = element("div", { class: "toolbar" }, shown, meter, left);
  const tick = async () => {
    const current = await code(secret);
    if (shown.textContent !== current) {
      shown.textContent = current;
      place.querySelector("button")?.remove();
      place.append(copyButton(current, "code"));
    }
    meter.value = secondsLeft();
    left.textContent = `${secondsLeft()} s`;
    setTimeout(() => place.isConnected && tick(), 250);
  };
  tick();
  return place;
}

function account(user, factors) {
  const has = Object.keys(factors).filter((factor) => factors[factor]);
  const proof = (proven) =>
    element("span", { class: proven ? "tag good" : "tag" }, proven ? "verified" : "not verified");
  return element(
    "section",
    { class: "card" },
    element("h2", {}, user.name || user.$id),
    element(
      "dl",
      { class: "facts" },
      facts([
        ["Id", element("code", {}, user.$id), copyButton(user.$id, "id")],
        user.email && ["E-mail", user.email, proof(user.emailVerification)],
        user.phone && ["Phone", user.phone, proof(user.phoneVerification)],
        ["MFA", user.mfa ? "on" : "off"],
        [
          "Factors",
          element(
            "div",
            { class: "tags" },
            has.length ? has.map((factor) => element("span", { class: "tag good" }, factor)) : "none",
          ),
        ],
        !user.status && ["Status", element("span", { class: "tag bad" }, "blocked")],
        ["Since", time(user.registration)],
      ]),
    ),
  );
}

function sessionsOf(sessions) {
  const rows = sessions.map((each) => [
    time(each.$createdAt),
    time(each.expire),
    each.factors.join(", "),
    client(each),
  ]);
  return element(
    "section",
    { class: "card" },
    element("h2", {}, "Sessions"),
    rows.length
      ? table("Sessions", ["Since", "Until", "Factors", "From"], rows)
      : element("p", {}, "None: signed in nowhere."),
  );
}

function logOf(logs) {
  const rows = logs.map((each) => [time(each.time), element("code", {}, each.event), client(each)]);
  return element("section", { class: "card" }, element("h2", {}, "Log"), table("Log", ["When", "What", "From"], rows));
}

const client = ({ clientName, osName, ip }) => [clientName, osName, ip].filter(Boolean).join(", ");

export function start() {
  byId("users-search").addEventListener("input", list);
  byId("users-reload").addEventListener("click", () => Promise.all([list(), read(open)]));
}
