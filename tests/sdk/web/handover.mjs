/** An app's page in a tab of a browser that sends it no cookies of the API; the sign-in page of the API stands in. */

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';

import { Account } from 'appwrite';

const PAGE = 'http://localhost:3000/app?tab=2#/inbox';
const JSON_OF_DEMO = { 'content-type': 'application/json', 'x-appwrite-project': 'demo' };
const location = { href: PAGE, assign: (url) => (location.href = url) };
const history = { replaceState: (state, title, url) => (location.href = String(url)) };
const send = globalThis.fetch;
let requests = 0;

const define = (name, value) => Object.defineProperty(globalThis, name, { value, configurable: true });
define('window', globalThis);
define('location', location);
define('history', history);
define('localStorage', storage());
define('sessionStorage', storage());
define('fetch', (url, options) => {
  requests += 1;
  return send(url, { ...options, headers: { ...options.headers, origin: new URL(PAGE).origin } });
});

/** Signs in, comes back, and is followed by everybody who would have liked to. */
export async function goOn({ signIn, comeBack, client }) {
  assert.equal(await comeBack(), undefined, 'nobody has come back yet');
  await signIn();
  const asked = new URL(location.href);
  assert.match(asked.pathname, /\/pages\/sign-in$/);
  const offered = await signInPage(asked);

  location.href = offered.url;
  const session = await comeBack();
  assert.equal(session.$id, offered.session);
  assert.equal(location.href, PAGE, 'the address is what it was');
  assert.equal((await new Account(client).get()).name, 'Ada');
  assert.equal(await comeBack(), undefined);

  const asBefore = requests;
  location.href = offered.url;
  assert.equal(await comeBack(), undefined, 'the way back');
  await signIn();
  location.href = `${PAGE.replace('#', '&code=00&state=00#')}`;
  assert.equal(await comeBack(), undefined, 'the code of somebody else');
  assert.equal(requests, asBefore);
  console.log('one session, no code left');
}

/** What the sign-in page does: somebody new signs in there, and goes back with a code. */
async function signInPage({ href, searchParams }) {
  const endpoint = href.split('/pages/')[0], post = poster(endpoint);
  const email = `ada.${randomBytes(8).toString('hex')}@example.test`, password = 'correct horse battery';
  await post('/account', { userId: 'unique()', email, password, name: 'Ada' });
  const signedIn = await post('/account/sessions/email', { email, password });
  const held = JSON.parse(signedIn.headers.get('x-fallback-cookies')).a_session_demo;
  const body = { url: searchParams.get('return'), challenge: searchParams.get('challenge'), state: searchParams.get('state') };
  const offered = await post('/account/handovers', body, { 'x-appwrite-session': held });
  return { url: offered.json.url, session: signedIn.json.$id };
}

const poster = (endpoint) => async (path, body, more = {}) => {
  const headers = { ...JSON_OF_DEMO, ...more };
  const answer = await send(endpoint + path, { method: 'POST', headers, body: JSON.stringify(body) });
  const json = await answer.json();
  assert.equal(answer.status, 201, JSON.stringify(json));
  return { headers: answer.headers, json };
};

function storage() {
  const kept = new Map();
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => kept.set(key, String(value)),
    removeItem: (key) => kept.delete(key),
  };
}
