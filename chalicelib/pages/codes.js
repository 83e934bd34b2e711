// The step at which a code is typed that was sent a moment ago.

import { again, codeField, form, paragraph } from "./dom.js";
import { known, show } from "./page.js";
import { say } from "./words.js";

// `act` takes the code, `resend` sends another, `fields` are asked for besides, `more` stands below.
export function typeCode({ title, lead, phrase, submit, topic, act, resend, fields = [], more = [] }) {
  show(
    title,
    paragraph(lead, { class: "lead" }),
    phrase && paragraph(say("code.phrase", { phrase }), { class: "phrase" }),
    form({ fields: [codeField(), ...fields], submit, topic, act }),
    resend && again(say("code.again"), resend, known.cooldown),
    more,
  );
}
