// Where the account is signed in.

import { remove } from "./api.js";
import { h, paragraph } from "./dom.js";
import { device, facts, labelled, place, press, row, section } from "./parts.js";
import { date, say } from "./words.js";

export function sessionList(at) {
  const here = at.sessions.filter(({ current }) => current);
  const others = at.sessions.filter(({ current }) => !current).reverse();
  const end = async () => {
    await remove("account/sessions", { current: false });
    await at.home("sessions", say("sessions.ended_all"));
  };
  return section(
    at,
    "sessions",
    say("sessions.title"),
    row(paragraph(say(others.length ? "sessions.lead" : "sessions.alone")), others.length > 0 && press(say("sessions.end_others"), end)),
    h("ul", { class: "rows" }, [...here, ...others].map((each) => h("li", {}, one(at, each)))),
  );
}

function one(at, session) {
  const end = async () => {
    await remove(`account/sessions/${session.$id}`);
    await at.home("sessions", say("sessions.ended", { device: device(session) }));
  };
  return row(
    [
      paragraph(device(session), { class: "name" }),
      facts(session.current && say("sessions.current"), place(session), say("sessions.since", { date: date(session.$createdAt) })),
    ],
    !session.current && press(labelled(say("factor.sign_out"), device(session)), end, "small"),
  );
}
