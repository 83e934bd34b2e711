/** Calls of the API, as an app's server or a user makes them. */

export const base = location.origin;
export const endpoint = `${base}/v1`;

/** Project, its name, the API key, and by how many seconds the clock is ahead. */
export const about = await (await fetch("/_local/about")).json();

export class Refused extends Error {
  constructor({ message, type }, status) {
    super(message ?? `The server answered ${status}.`);
    this.type = type;
  }
}

async function call(identity, method, path, body) {
  const answer = await fetch(`${endpoint}${path}`, {
    method,
    credentials: "omit", // the browser's own session is none of the console's
    headers: { "Content-Type": "application/json", "X-Appwrite-Project": about.project, ...identity },
    body: body && JSON.stringify(body),
  });
  const content = answer.status === 204 ? {} : await answer.json();
  if (!answer.ok) throw new Refused(content, answer.status);
  return content;
}

export const asTeam = (method, path, body) => call({ "X-Appwrite-Key": about.key }, method, path, body);
export const asUser = (session, method, path, body) => call({ "X-Appwrite-Session": session }, method, path, body);
