// The passkeys of the account: add one, name it, take it away.

import { patch, post, put, remove } from "./api.js";
import { field, h, paragraph } from "./dom.js";
import { proven } from "./factors.js";
import { added, beforeAdding, beforeRemoving } from "./mfa.js";
import { known } from "./page.js";
import { device, facts, labelled, press, row, section, soft, step } from "./parts.js";
import { hasPasskeys, makePasskey } from "./passkeys.js";
import { date, say } from "./words.js";

export function passkeyList(at) {
  const { passkeys } = at, open = known.passkeys && known.ways.passkey;
  if (!open && !passkeys.length) return null;
  return section(
    at,
    "passkeys",
    say("passkeys.title"),
    row(paragraph(say(passkeys.length ? "passkeys.lead" : "passkeys.none")), open && hasPasskeys && press(say("passkeys.add"), () => naming(at))),
    open && !hasPasskeys && soft(say("passkeys.elsewhere")),
    passkeys.length > 0 && h("ul", { class: "rows" }, passkeys.map((each) => h("li", {}, one(at, each)))),
  );
}

const nameOf = ({ name }) => name || say("factor.passkey.name");

function one(at, passkey) {
  const { $createdAt: made, accessedAt: used } = passkey;
  return row(
    [
      paragraph(nameOf(passkey), { class: "name" }),
      facts(say("passkeys.made", { date: date(made) }), used ? say("passkeys.used", { date: date(used) }) : say("passkeys.unused")),
    ],
    press(labelled(say("passkeys.rename"), nameOf(passkey)), () => renaming(at, passkey), "small"),
    press(labelled(say("passkeys.remove"), nameOf(passkey)), () => removal(at, passkey), "small"),
  );
}

const nameField = (value) =>
  field("name", { label: say("passkeys.name"), hint: say("passkeys.name.hint"), type: "text", autocomplete: "off", maxlength: 128, value, autofocus: true });

function naming(at) {
  const here = at.sessions.find(({ current }) => current);
  const act = ({ name }) => proven(async () => {
    const { passkeyId, publicKey } = await post("account/passkeys", { name: name.trim() });
    try {
      const credential = await makePasskey(publicKey);
      await put(`account/passkeys/${passkeyId}/verification`, { credential });
    } catch (problem) {
      await remove(`account/passkeys/${passkeyId}`).catch(() => {}); // it would wait for minutes
      throw problem;
    }
    await at.home("passkeys", added(at, say("passkeys.done")));
  });
  step(at, "passkeys", {
    title: say("passkeys.adding"),
    lead: say("passkeys.adding.lead"),
    more: beforeAdding(at),
    fields: [nameField(here ? device(here) : "")],
    submit: say("passkeys.add"),
    topic: "passkey",
    act,
  });
}

function renaming(at, { $id, name }) {
  const act = async (typed) => {
    await patch(`account/passkeys/${$id}`, { name: typed.name.trim() });
    await at.home("passkeys", say("passkeys.renamed"));
  };
  step(at, "passkeys", { title: say("passkeys.renaming"), lead: nameOf({ name }), fields: [nameField(name)], submit: say("passkeys.rename"), act });
}

function removal(at, passkey) {
  const act = () => proven(async () => {
    await remove(`account/passkeys/${passkey.$id}`);
    await at.home("passkeys", say("passkeys.removed"));
  });
  step(at, "passkeys", {
    title: say("passkeys.removal", { name: nameOf(passkey) }),
    lead: say("passkeys.removal.lead"),
    more: beforeRemoving(at),
    submit: say("passkeys.remove"),
    act,
    kind: "danger",
  });
}
