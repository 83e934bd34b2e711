/** The first lines of an app, with the addresses of this server. */

import { about, endpoint } from "./api.js";
import { copyButton, element } from "./dom.js";

const SNIPPETS = [
  [
    "Web",
    "npm install appwrite",
    `import { Account, Client, ID } from "appwrite";

const client = new Client().setEndpoint("${endpoint}").setProject("${about.project}");
const account = new Account(client);

await account.create({ userId: ID.unique(), email: "ada@example.test", password: "correct horse battery" });
await account.createEmailPasswordSession({ email: "ada@example.test", password: "correct horse battery" });
console.log(await account.get());`,
  ],
  [
    "Node",
    "npm install node-appwrite",
    `import { Client, Users } from "node-appwrite";

const client = new Client().setEndpoint("${endpoint}").setProject("${about.project}").setKey("${about.key}");
const users = new Users(client);

console.log((await users.list()).total);`,
  ],
  [
    "Python",
    "pip install appwrite",
    `from appwrite.client import Client
from appwrite.services.users import Users

client = Client().set_endpoint("${endpoint}").set_project("${about.project}").set_key("${about.key}")
users = Users(client)

print(users.list().total)`,
  ],
];

/** Tabs as ARIA's authoring practices have them: one is in the order of Tab, arrow keys go to the others. */
export function tabs() {
  const panels = SNIPPETS.map(([name, install, source], index) =>
    element(
      "div",
      { role: "tabpanel", id: `snippet-${index}`, "aria-labelledby": `tab-${index}` },
      element(
        "div",
        { class: "toolbar" },
        element("code", {}, install),
        copyButton(install, "command"),
        copyButton(source, `snippet for ${name}`, "Copy snippet"),
      ),
      element("pre", { tabindex: "0", "aria-label": `Snippet for ${name}` }, source),
    ),
  );
  const buttons = SNIPPETS.map(([name], index) =>
    element(
      "button",
      {
        type: "button",
        role: "tab",
        id: `tab-${index}`,
        "aria-controls": `snippet-${index}`,
        click: () => choose(index),
        keydown: (event) => go(event, index),
      },
      name,
    ),
  );

  function choose(chosen) {
    buttons.forEach((button, index) => {
      button.setAttribute("aria-selected", index === chosen);
      button.tabIndex = index === chosen ? 0 : -1;
      panels[index].hidden = index !== chosen;
    });
  }

  function go(event, index) {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    const next = (index + by + buttons.length) % buttons.length;
    choose(next);
    buttons[next].focus();
  }

  choose(0);
  return [element("div", { class: "tabs", role: "tablist", "aria-label": "Snippets" }, buttons), panels];
}
