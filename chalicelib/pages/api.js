// Calls of the API, which is where the page comes from. The session is its cookie.

import { known } from "./page.js";
import { language } from "./words.js";

const ENDPOINT = new URL("../../", import.meta.url);

// A refusal: `type` as in the API's errors, `offline` where there was no answer. `wait` is in seconds.
export class Problem extends Error {
  constructor(type, message = "", wait = 0) {
    super(message);
    this.type = type;
    this.wait = wait;
  }
}

async function ask(method, path, body) {
  const headers = { "X-Appwrite-Project": known.project, "X-Appwrite-Locale": language };
  if (body) headers["Content-Type"] = "application/json";
  let answer, content;
  try {
    answer = await fetch(new URL(path, ENDPOINT), { method, headers, body: body && JSON.stringify(body), cache: "no-store" });
    content = await answer.blob();
  } catch {
    throw new Problem("offline");
  }
  if (answer.ok) return content;
  throw problem(await content.text(), Number(answer.headers.get("Retry-After")));
}

async function send(method, path, body) {
  const content = await ask(method, path, body);
  return content.size ? JSON.parse(await content.text()) : null;
}

function problem(text, wait) {
  try {
    const { type, message } = JSON.parse(text);
    return new Problem(type ?? "unknown", message, wait);
  } catch {
    return new Problem("unknown");
  }
}

export const get = (path) => send("GET", path);
export const post = (path, body = {}) => send("POST", path, body);
export const put = (path, body = {}) => send("PUT", path, body);
export const patch = (path, body = {}) => send("PATCH", path, body);
export const remove = (path, body) => send("DELETE", path, body);

// The address of a picture that no cache keeps, since what is asked for may be a secret.
export const picture = async (path) => URL.createObjectURL(await ask("GET", path));
