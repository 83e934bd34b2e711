// What a refusal means for the visitor, and what to do next.

import { duration, say } from "./words.js";

// `topic` is what was tried, where the same refusal means something else there.
export function explain({ type, message, wait }, topic = "") {
  const about = type === "general_argument_invalid" ? message.match(/`(password|email|phone)`/)?.[1] : "";
  const names = [`error.${topic}.${type}`, about && `error.${type}.${about}`, `error.${type}`, "error.unknown"];
  const values = { wait: duration(wait || 30), step: duration(30 - (Math.floor(Date.now() / 1000) % 30)) };
  return say(names.find((name) => name in WORDS), values);
}
