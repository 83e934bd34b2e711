// The end of the account.

import { remove } from "./api.js";
import { field, link, paragraph } from "./dom.js";
import { proven } from "./factors.js";
import { address, known, show } from "./page.js";
import { called, press, row, section, step } from "./parts.js";
import { say } from "./words.js";

export function deletion(at) {
  return section(at, "deletion", say("deletion.title"), row(paragraph(say("deletion.lead")), press(say("deletion.submit"), () => asking(at), "danger")));
}

function asking(at) {
  const name = called(at.account);
  const typed = field("typed", {
    label: say("deletion.type", { name }),
    type: "text",
    autocomplete: "off",
    autocapitalize: "none",
    spellcheck: "false",
    mistake: (value) => (plain(value) === plain(name) ? "" : say("deletion.other", { name })),
  });
  const act = () => proven(async () => {
    await remove("account");
    show(say("deletion.done"), paragraph(say("deletion.done.lead"), { class: "lead" }), paragraph(onward(), {}));
  });
  step(at, "deletion", {
    title: say("deletion.title"),
    lead: say("deletion.warning", { brand: known.brand }),
    fields: [typed],
    submit: say("deletion.submit"),
    act,
    kind: "danger",
  });
}

// Without what cannot be seen of it, as blanks in a row, and the marks of direction that come along with a copy.
const plain = (text) => text.normalize("NFKC").replace(/\p{Cf}/gu, "").trim().replace(/\s+/g, " ").toLowerCase();

const onward = () => (known.back ? link(say("settings.back"), known.back) : link(say("sign_in.submit"), address("sign-in")));
