/** Every method of an SDK: what COMPATIBILITY.md calls served answers, and the rest says that it is not served. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { sorted } from './expect.mjs';

const DOCUMENT = readFileSync(new URL('../../../chalicelib/COMPATIBILITY.md', import.meta.url), 'utf8');
const COLUMNS = ['served', 'stricter', 'not served', 'not planned'];
const REFUSALS = { 'not served': [501, 'general_not_implemented'], 'not planned': [404, 'general_route_not_found'] };

/** Refused whatever is asked for, as nobody has an identity. */
const NOBODY_HAS_ONE = /\.deleteIdentity$/;

/** Arguments that an SDK takes for whatever it must have. */
const ANYTHING = new Proxy({}, { get: () => 'x', has: () => true });

const answered = new Set();

/** The same services, by their names; each method that answers is noted. */
export function noting(services) {
  return Object.fromEntries(Object.entries(services).map(([name, service]) => [name, noted(name, service)]));
}

function noted(name, service) {
  const wrap = (method) => (...args) => {
    const answer = service[method](...args);
    const note = () => answered.add(`${name}.${method}`);
    if (typeof answer?.then === 'function') answer.then(note, () => {});
    else note();
    return answer;
  };
  const get = (_, key) => (typeof service[key] === 'function' ? wrap(key) : service[key]);
  return new Proxy(service, { get });
}

/**
 * Defines the tests for these classes, by the names of their services. `walk` calls what is served, by services that
 * are noting; `refusalOf` calls a method of a service with arguments, and returns what it is refused with.
 */
export function testScope(classes, walk, refusalOf) {
  const methods = Object.entries(classes).flatMap(([name, { prototype }]) =>
    Object.getOwnPropertyNames(prototype).filter((method) => method !== 'constructor').map((method) => [name, method]),
  );

  test('what is served answers, and nothing else does', async () => {
    await walk();
    const served = methods.filter((method) => !(columnOf(...method) in REFUSALS)).map((method) => method.join('.'));
    assert.deepEqual(sorted(answered), sorted(served.filter((method) => !NOBODY_HAS_ONE.test(method))));
  });

  test('what is not served says so', async () => {
    for (const [name, method] of methods) {
      const refusal = REFUSALS[columnOf(name, method)];
      if (!refusal) continue;
      const [code, type] = await refusalOf(name, method, ANYTHING);
      // The SDK for servers drops the body of what should have redirected.
      assert.deepEqual([code, type || refusal[1]], refusal, `${name}.${method}`);
    }
  });
}

/** The one column of the table of methods that has this one. */
function columnOf(name, method) {
  const found = COLUMNS.filter((_, i) => cellsOf(name)[i].some((pattern) => pattern.test(method)));
  assert.equal(found.length, 1, `${name}.${method} is in these columns: ${found}`);
  return found[0];
}

function cellsOf(name) {
  const [, row] = DOCUMENT.match(new RegExp(`^\\| ${name} \\|(.*)\\|$`, 'im'));
  const names = (cell) => cell.replace(/\(.*?\)|`/g, '').split(',').map((each) => each.trim().replaceAll('*', '.*'));
  return row.split('|').map((cell) => names(cell).map((each) => new RegExp(`^${each}$`, 'i')));
}
