/** The clock of the server, which the header shows and moves. */

import { about } from "./api.js";
import { byId, element, say } from "./dom.js";

const UNITS = [
  ["d", 86400],
  ["h", 3600],
  ["min", 60],
  ["s", 1],
];
const MOVES = [
  ["1 minute", 60],
  ["10 minutes", 600],
  ["1 hour", 3600],
  ["1 day", 86400],
  ["30 days", 30 * 86400],
];

/** Milliseconds since the epoch, by the server's clock. */
export const now = () => Date.now() + about.ahead * 1000;

async function move(ahead) {
  const answer = await fetch("/_local/clock", { method: "PUT", body: JSON.stringify({ ahead }) });
  const moved = await answer.json();
  if (!answer.ok) return say(moved.message);
  about.ahead = moved.ahead;
  show();
  say(`Clock: ${reading()}`);
  document.dispatchEvent(new Event("clock"));
}

function reading() {
  const units = [];
  let left = about.ahead;
  for (const [name, seconds] of UNITS) {
    const count = Math.floor(left / seconds);
    left -= count * seconds;
    if (count) units.push(`${count} ${name}`);
  }
  return units.length ? `+${units.join(" ")}` : "now";
}

function show() {
  byId("clock-reading").textContent = reading();
  byId("clock").toggleAttribute("data-ahead", about.ahead > 0);
}

export function start() {
  byId("clock-moves").append(
    ...MOVES.map(([name, seconds]) =>
      element("button", { type: "button", click: () => move(about.ahead + seconds) }, `+ ${name}`),
    ),
    element("button", { type: "button", click: () => move(0) }, "Back to now"),
  );
  byId("clock").addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    byId("clock").open = false;
    byId("clock").querySelector("summary").focus();
  });
  document.addEventListener("click", (event) => {
    if (!byId("clock").contains(event.target)) byId("clock").open = false;
  });
  show();
}
