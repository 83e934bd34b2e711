// Recovery codes: shown once, and let go of only when they are kept.

import { patch, post } from "./api.js";
import { button, form, h, link, paragraph, tickBox } from "./dom.js";
import { proven } from "./factors.js";
import { known, show } from "./page.js";
import { called, copying, press, row, section, step } from "./parts.js";
import { date, say } from "./words.js";

export function recoveryCodes(at) {
  const there = at.factors.recoveryCode;
  const done = () => at.home("codes", say("codes.done"));
  return section(
    at,
    "codes",
    say("codes.title"),
    row(
      paragraph(say(there ? "codes.there" : "codes.none")),
      there ? press(say("codes.renew"), () => renewal(at, done)) : press(say("codes.make"), () => makeCodes(at, done)),
    ),
  );
}

export const makeCodes = (at, done) => proven(async () => keep(at, await post("account/mfa/recovery-codes"), done));

function renewal(at, done) {
  const act = () => proven(async () => keep(at, await patch("account/mfa/recovery-codes"), done));
  step(at, "codes", { title: say("codes.renew"), lead: say("codes.renewal"), submit: say("codes.renew"), act });
}

function keep(at, { recoveryCodes: codes }, done) {
  const heading = [say("codes.of", { brand: known.brand }), called(at.account), date(new Date())];
  const file = new Blob([[...heading, "", ...codes, ""].join("\n")], { type: "text/plain" });
  const source = URL.createObjectURL(file);
  const stay = (event) => event.preventDefault();
  const act = async () => {
    removeEventListener("beforeunload", stay);
    try {
      await done();
    } catch (problem) {
      addEventListener("beforeunload", stay); // the codes are still here, and nowhere else
      throw problem;
    }
    URL.revokeObjectURL(source);
  };
  addEventListener("beforeunload", stay);
  show(
    say("codes.title"),
    paragraph(say("codes.lead"), { class: "lead" }),
    paragraph(heading.join(" · "), { class: "printed" }),
    h("ol", { class: "codes" }, codes.map((code) => h("li", {}, h("code", {}, code)))),
    h(
      "div",
      { class: "acts" },
      copying(say("codes.copy"), codes.join("\n")),
      link(say("codes.download"), source, { class: "button", download: `${say("codes.file")}.txt` }),
      button(say("codes.print"), () => print()),
    ),
    form({ fields: [tickBox("kept", { label: say("codes.kept"), mistake: say("codes.not_kept") })], submit: say("codes.go_on"), act }),
  );
}
