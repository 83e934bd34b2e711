/** The stand-in is only worth something if it refuses what a browser refuses. Needs no server. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { CookieJar } from './cookies.mjs';
import { checkOrigin, checkPreflight, preflightHeaders, readableHeaders } from './cors.mjs';

const URL_OF_API = 'http://localhost:8000/v1/account';
const PAGE = 'http://localhost:3000';
const FUTURE = new Date(Date.now() + 3_600_000).toUTCString();
const PAST = 'Thu, 01 Jan 1970 00:00:00 GMT';
const LETS_IN = { 'access-control-allow-origin': PAGE, 'access-control-allow-credentials': 'true' };

describe('cookies', () => {
  test('one for the whole host is kept, HttpOnly or not', () => {
    assert.equal(sentAfter(`a=b==; Expires=${FUTURE}; Path=/; HttpOnly`, `c=d; Path=/v1`), 'a=b==; c=d');
  });

  for (const [why, line] of Object.entries({
    'SameSite=None without Secure': 'a=b; Path=/; SameSite=None',
    'Secure over http': 'a=b; Path=/; Secure; SameSite=None',
    'a Domain without dots': 'a=b; Path=/; Domain=localhost',
    'another path': 'a=b; Path=/v',
    'the path of another endpoint, by default': ['a=b', 'http://localhost:8000/v1/account/sessions/email'],
  })) {
    test(`one is not sent: ${why}`, () => assert.equal(sentAfter(line), undefined));
  }

  test('a date in the past deletes', () => {
    assert.equal(sentAfter('a=b; Path=/', `a=deleted; Path=/; Expires=${PAST}`), undefined);
    assert.equal(sentAfter('a=b; Path=/', 'a=deleted; Path=/; Max-Age=0'), undefined);
  });
});

describe('CORS', () => {
  test('a preflight asks for method and headers, and not for those that are always safe', () => {
    const asked = preflightHeaders(PAGE, 'PUT', { origin: PAGE, accept: '*/*', 'x-b': '', 'content-type': '' });
    assert.equal(asked['access-control-request-method'], 'PUT');
    assert.equal(asked['access-control-request-headers'], 'content-type,x-b');
  });

  for (const [why, change, reason] of [
    ['of another status', { status: 301 }, /301/],
    ['without the method', { 'access-control-allow-methods': 'GET, POST' }, /PUT/],
    ['without a header', { 'access-control-allow-headers': 'X-A' }, /x-b/],
    ['for any header', { 'access-control-allow-headers': '*' }, /x-b/],
    ['for any origin', { 'access-control-allow-origin': '*' }, /Origin/],
    ['without credentials', { 'access-control-allow-credentials': undefined }, /Credentials/],
  ]) {
    test(`a preflight ${why} stops the call`, () => {
      assert.throws(() => checkPreflight(preflight(change), ...CALL), reason);
    });
  }

  test('a call that all is allowed for goes through', () => {
    checkPreflight(preflight({}), ...CALL);
    checkOrigin({ headers: LETS_IN }, PAGE);
  });

  test('an answer to another origin cannot be read', () => {
    assert.throws(() => checkOrigin({ headers: LETS_IN }, 'http://localhost:4000'), TypeError);
  });

  test('only exposed headers are seen', () => {
    const headers = { 'x-fallback-cookies': '{}', server: 'x', 'content-type': 'text/html' };
    assert.deepEqual(Object.keys(readableHeaders({ headers })), ['content-type']);
    const exposed = { ...headers, 'access-control-expose-headers': 'X-Appwrite-Session, X-Fallback-Cookies' };
    assert.equal(readableHeaders({ headers: exposed })['x-fallback-cookies'], '{}');
  });
});

const CALL = [PAGE, 'PUT', { 'x-a': '', 'x-b': '' }];

function preflight({ status = 204, ...headers }) {
  const allowed = { 'access-control-allow-methods': 'GET, PUT', 'access-control-allow-headers': 'X-A, X-B' };
  return { status, headers: { ...LETS_IN, ...allowed, ...headers } };
}

/** The Cookie header of the next call, after answers with these Set-Cookie lines; a pair also names who answered. */
function sentAfter(...lines) {
  const jar = new CookieJar();
  for (const [line, from = URL_OF_API] of lines.map((each) => [each].flat())) jar.store([line], from);
  return jar.headers(URL_OF_API).cookie;
}
