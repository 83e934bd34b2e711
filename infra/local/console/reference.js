/** The OpenAPI document, readable: each endpoint with who may call it, its parameters, answers and errors. */

import { endpoint } from "./api.js";
import { byId, element, table } from "./dom.js";

let document_;

export async function load() {
  if (document_) return;
  document_ = await (await fetch(`${endpoint}/openapi.json`)).json();
  byId("api-about").replaceChildren(...rich(document_.info.description));
  show();
}

function operations() {
  return Object.entries(document_.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      path,
      method: method.toUpperCase(),
      ...operation,
      errors: errorsOf(operation),
    })),
  );
}

/** By the first two nouns of the path: what stands below one of them is read together. */
function resourceOf({ path }) {
  return `/${path
    .split("/")
    .filter((part) => part && !part.startsWith("{"))
    .slice(0, 2)
    .join("/")}`;
}

function errorsOf({ responses }) {
  return Object.entries(responses)
    .filter(([status]) => status >= "400")
    .flatMap(([status, response]) =>
      [...resolved(response).description.matchAll(/`(\w+)`: (.*?)(?=\n\n|$)/gs)].map(([, type, message]) => ({
        status,
        type,
        message,
      })),
    );
}

function show() {
  const words = byId("api-search").value.toLowerCase().split(/\s+/).filter(Boolean);
  const found = operations().filter((each) => {
    const text = `${each.method} ${each.path} ${each.errors.map(({ type }) => type).join(" ")}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  const sections = [...byResource(found)].map(([resource, members]) =>
    element("section", {}, element("h2", {}, resource), members.map(entry)),
  );
  byId("api-operations").replaceChildren(
    ...(sections.length ? sections : [element("p", { class: "card empty" }, "No endpoint is found.")]),
  );
}

function byResource(found) {
  const groups = new Map();
  for (const each of found) groups.set(resourceOf(each), [...(groups.get(resourceOf(each)) ?? []), each]);
  return groups;
}

/** What stands between backticks is code. */
const rich = (text) => text.split("`").map((part, index) => (index % 2 ? element("code", {}, part) : part));

/** Its details are made when it is first opened. */
function entry(operation) {
  const { method, path, deprecated } = operation;
  const made = element(
    "details",
    { class: "operation", toggle: () => made.children.length < 2 && made.append(details(operation)) },
    element(
      "summary",
      {},
      element("span", { class: "method" }, method),
      " ",
      element("code", {}, path),
      deprecated && element("span", { class: "tag" }, "deprecated"),
    ),
  );
  return made;
}

function details({ security = [], parameters = [], requestBody, responses, errors }) {
  const given = [
    ...parameters.map((each) => ({ ...each, from: each.in })),
    ...fieldsOf(bodyOf(requestBody ?? {})).map((each) => ({ ...each, from: "body" })),
  ];
  const answers = Object.entries(responses).filter(([status]) => status < "400");
  return element(
    "div",
    {},
    element("p", {}, "For ", callers(security), "."),
    given.length > 0 && [
      element("h3", {}, "Parameters"),
      table(
        "Parameters",
        ["Name", "In", "Type", "Notes"],
        given.map(({ name, from, required, schema, description }) => [
          element("code", {}, name),
          from,
          typeOf(schema),
          [required && "Required. ", rich(description ?? schema.description ?? "")],
        ]),
      ),
    ],
    element("h3", {}, "Answers"),
    answers.map(([status, response]) => answerOf(status, resolved(response))),
    element("h3", {}, "Errors"),
    table(
      "Errors",
      ["Status", "Type", "Message"],
      errors.map(({ status, type, message }) => [status, element("code", {}, type), message]),
    ),
  );
}

function answerOf(status, response) {
  const schema = bodyOf(response);
  const fields = fieldsOf(schema);
  return [
    element(
      "p",
      {},
      `${status} `,
      schema?.$ref && element("code", {}, nameOf(schema.$ref)),
      !schema && response.description,
    ),
    fields.length > 0 &&
      table(
        `Fields of answer ${status}`,
        ["Field", "Type"],
        fields.map(({ name, schema: each }) => [element("code", {}, name), typeOf(each)]),
      ),
  ];
}

/** What of the callers' means each way asks for; the project's header goes with all. */
function callers(security) {
  const ways = security.map(
    (way) =>
      Object.entries(way)
        .filter(([name]) => name !== "project")
        .map(
          ([name, scopes]) =>
            ({
              key: `an API key${scopes.length ? ` with ${scopes.join(", ")}` : ""}`,
              session: "a session",
              jwt: "a JWT",
              cookie: "a session cookie",
            })[name] ?? name,
        )
        .join(" and ") || "everybody",
  );
  return [...new Set(ways)].join(", ") || "everybody";
}

const nameOf = (reference) => reference.split("/").at(-1);

function resolved(node = {}) {
  if (!node.$ref) return node;
  const path = node.$ref
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  return path.reduce((at, name) => at[name], document_);
}

const bodyOf = ({ content = {} }) => Object.values(content)[0]?.schema;

function fieldsOf(schema) {
  const { properties = {}, required = [] } = resolved(schema);
  return Object.entries(properties).map(([name, each]) => ({ name, schema: each, required: required.includes(name) }));
}

function typeOf(schema) {
  if (schema.$ref) return nameOf(schema.$ref);
  if (schema.enum) return schema.enum.map((each) => JSON.stringify(each)).join(", ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(" or ");
  if (schema.type === "array") return `list of ${typeOf(schema.items ?? {})}`;
  const bounds = [
    ["at least", schema.minLength ?? schema.minimum],
    ["at most", schema.maxLength ?? schema.maximum],
  ]
    .filter(([, bound]) => bound !== undefined)
    .map(([what, bound]) => `${what} ${bound}`);
  return [[schema.type ?? "anything"].flat().join(" or "), schema.format, ...bounds].filter(Boolean).join(", ");
}

export function start() {
  byId("api-search").addEventListener("input", () => document_ && show());
}
