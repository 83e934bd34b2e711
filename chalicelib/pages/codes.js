// The step at which a code is typed that was sent a moment ago.

import { again, codeField, form, h, paragraph, tell } from "./dom.js";
import { known, show } from "./page.js";
import { say } from "./words.js";

// `act` takes the code, `resend` sends another, `fields` are asked for besides, `more` stands below.
export function typeCode({ title, lead, phrase, submit, topic, act, resend, fields = [], more = [] }) {
  const told = h("div", { role: "alert", class: "told" });
  const sendAgain = () => resend().catch((problem) => tell(told, problem, "send"));
  show(
    title,
    paragraph(lead, { class: "lead" }),
    phrase && paragraph(say("code.phrase", { phrase }), { class: "phrase" }),
    form({ fields: [codeField(), ...fields], submit, topic, act }),
    told,
    resend && again(say("code.again"), sendAgain, known.cooldown),
    more,
  );
}
