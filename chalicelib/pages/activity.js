// What has happened to the account lately.

import { get } from "./api.js";
import { h, paragraph } from "./dom.js";
import { known } from "./page.js";
import { device, facts, place, press, section } from "./parts.js";
import { date, say } from "./words.js";

const SHOWN = 6;
const MORE = 25;

const query = (method, value) => `queries[]=${encodeURIComponent(JSON.stringify({ method, values: [value] }))}`;

// One entry more than is shown says whether there are more.
export async function newest() {
  const { logs } = await get(`account/logs?total=false&${query("limit", SHOWN + 1)}`);
  return logs;
}

export function activity(at) {
  const list = h("ol", { class: "rows" }, at.log.slice(0, SHOWN).map((each) => entry(each)));
  let last = at.log[SHOWN - 1];
  const more = press(say("activity.more"), async () => {
    const { logs } = await get(`account/logs?total=false&${query("limit", MORE)}&${query("cursorAfter", last.$id)}`);
    const added = logs.map((each) => entry(each));
    list.append(...added);
    last = logs.at(-1);
    added[0]?.focus();
    if (logs.length < MORE) more.remove();
  }, "quiet");
  return section(at, "activity", say("activity.title"), paragraph(say("activity.lead")), list, at.log.length > SHOWN && more);
}

function entry(event) {
  const who = event.mode === "admin" ? [say("activity.team", { brand: known.brand })] : [device(event), place(event)];
  return h("li", { tabindex: -1 }, paragraph(say(`activity.${event.event}`), { class: "name" }), facts(date(event.time), ...who));
}
