/** What a browser demands of a server on another origin (Fetch standard, 4.8 and 4.10) for a call with credentials. */

const ALWAYS_READABLE = [
  'cache-control', 'content-language', 'content-length', 'content-type', 'expires', 'last-modified', 'pragma',
];
const NEVER_ASKED_FOR = ['accept', 'accept-language', 'content-language', 'origin'];

/** The headers of the preflight of a call of this method with these headers. */
export function preflightHeaders(origin, method, headers) {
  return {
    origin,
    'access-control-request-method': method,
    'access-control-request-headers': unsafe(headers).join(','),
  };
}

/** Throws, as fetch does, unless the answer to the preflight lets the call through. */
export function checkPreflight(answer, origin, method, headers) {
  demand(answer.status >= 200 && answer.status < 300, `preflight answered ${answer.status}`);
  checkOrigin(answer, origin);
  checkListed([method], listed(answer, 'access-control-allow-methods', (name) => name.toUpperCase()));
  checkListed(unsafe(headers), listed(answer, 'access-control-allow-headers'));
}

/** Throws, as fetch does, unless this origin may read the answer. */
export function checkOrigin({ headers }, origin) {
  const allowed = headers['access-control-allow-origin'];
  demand(allowed === origin, `Access-Control-Allow-Origin is ${allowed}, the page's origin ${origin}`);
  demand(headers['access-control-allow-credentials'] === 'true', 'Access-Control-Allow-Credentials is not true');
}

/** The headers of an answer that a script of another origin gets to see. */
export function readableHeaders(answer) {
  const readable = [...ALWAYS_READABLE, ...listed(answer, 'access-control-expose-headers')];
  return Object.fromEntries(Object.entries(answer.headers).filter(([name]) => readable.includes(name)));
}

const unsafe = (headers) => Object.keys(headers).filter((name) => !NEVER_ASKED_FOR.includes(name)).sort();

function listed({ headers }, header, spell = (name) => name.toLowerCase()) {
  return (headers[header] ?? '').split(',').map((name) => spell(name.trim())).filter(Boolean);
}

function checkListed(wanted, allowed) {
  const missing = wanted.filter((name) => !allowed.includes(name));
  demand(missing.length === 0, `preflight does not allow ${missing.join(', ')}`);
}

function demand(holds, reason) {
  if (!holds) throw new TypeError(`Failed to fetch: ${reason}`);
}
