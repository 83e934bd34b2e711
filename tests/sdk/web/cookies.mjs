/**
 * The cookies of one browser for one plain http host, by those rules of RFC 6265bis that a sign-in meets; where
 * browsers differ, by the strictest.
 */
export class CookieJar {
  #cookies = new Map();

  get names() {
    return [...this.#cookies.values()].map(({ name }) => name);
  }

  value(name) {
    return [...this.#cookies.values()].find((cookie) => cookie.name === name)?.value;
  }

  /** Takes the Set-Cookie lines of an answer from `url`. */
  store(lines, url) {
    for (const cookie of lines.map((line) => parse(line, url))) {
      if (!allowedOverHttp(cookie)) continue;
      const key = `${cookie.name};${cookie.path}`;
      if (cookie.expires <= Date.now()) this.#cookies.delete(key);
      else this.#cookies.set(key, cookie);
    }
  }

  /** The Cookie header of a request to `url`; none when there is nothing to send. */
  headers(url) {
    const sent = [...this.#cookies.values()].filter(({ path }) => covers(path, new URL(url).pathname));
    return sent.length ? { cookie: sent.map(({ name, value }) => `${name}=${value}`).join('; ') } : {};
  }
}

/** The jar of a browser that blocks third-party cookies. */
export const noCookies = { names: [], value() {}, store() {}, headers: () => ({}) };

function parse(line, url) {
  const [pair, ...rest] = line.split(';').map((part) => part.trim());
  const attributes = Object.fromEntries(rest.map(split).map(([name, value]) => [name.toLowerCase(), value]));
  const [name, value] = split(pair);
  return { name, value, attributes, path: attributes.path || directory(url), expires: expiry(attributes) };
}

function split(text) {
  const [name, ...value] = text.split('=');
  return [name, value.join('=')];
}

const directory = (url) => new URL(url).pathname.replace(/\/[^/]*$/, '') || '/';

function expiry(attributes) {
  if ('max-age' in attributes) return Date.now() + Number(attributes['max-age']) * 1000;
  return 'expires' in attributes ? Date.parse(attributes.expires) : Infinity;
}

/** `SameSite=None` needs `Secure`, and `Secure` needs https; `Domain` cannot name a host without dots. */
function allowedOverHttp({ attributes }) {
  return !('secure' in attributes) && !('domain' in attributes) && attributes.samesite?.toLowerCase() !== 'none';
}

function covers(path, requested) {
  return requested === path || requested.startsWith(path.endsWith('/') ? path : `${path}/`);
}
