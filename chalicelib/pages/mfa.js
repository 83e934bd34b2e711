// The switch, and what it means for an account as it is.

import { patch } from "./api.js";
import { paragraph } from "./dom.js";
import { proven } from "./factors.js";
import { press, row, section, step } from "./parts.js";
import { explain } from "./problems.js";
import { makeCodes } from "./recovery_codes.js";
import { say } from "./words.js";

export function mfa(at) {
  const { mfa: on } = at.account;
  const state = on ? (at.proofs ? "mfa.on" : "mfa.waiting") : at.proofs ? "mfa.off" : "mfa.none";
  const alone = on && at.proofs === 1 && !at.factors.recoveryCode;
  return section(
    at,
    "mfa",
    say("mfa.title"),
    alone && warning(at),
    row(
      paragraph(say(state), { class: on && at.proofs ? "good" : "" }),
      on ? press(say("mfa.switch_off"), () => switchOff(at)) : at.proofs > 0 && press(say("mfa.switch_on"), () => switchOn(at), "primary"),
    ),
  );
}

// One lost phone, and nobody gets in.
function warning(at) {
  return row(paragraph(say("mfa.alone")), press(say("codes.make"), () => makeCodes(at, () => at.home("mfa", say("codes.done")))));
}

// Codes first: once the switch is on, they would want a second step.
function switchOn(at) {
  const on = () => proven(async () => {
    await patch("account/mfa", { mfa: true });
    await at.home("mfa", say("mfa.switched_on"));
  });
  if (at.factors.recoveryCode) return on();
  return makeCodes(at, () => on().catch((problem) => at.home("mfa", explain(problem), true)));
}

function switchOff(at) {
  const act = () => proven(async () => {
    await patch("account/mfa", { mfa: false });
    await at.home("mfa", say("mfa.switched_off"));
  });
  step(at, "mfa", { title: say("mfa.off.title"), lead: say("mfa.off.lead"), submit: say("mfa.switch_off"), act, kind: "danger" });
}

// What to know before a factor is added or removed: it may bring MFA into force, or end it.
export function beforeAdding(at) {
  return at.account.mfa && !at.proofs && paragraph(say("mfa.comes"), { class: "warned" });
}

export function beforeRemoving(at) {
  return at.account.mfa && at.proofs === 1 && paragraph(say("mfa.goes"), { class: "warned" });
}

// What to say once a factor is there.
export function added(at, text) {
  if (!at.account.mfa) return `${text} ${say("mfa.next")}`;
  return at.proofs ? text : `${text} ${say("mfa.came")}`;
}
