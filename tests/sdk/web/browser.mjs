import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe } from 'node:test';
import vm from 'node:vm';

import { send, someAddress } from '../shared/http.mjs';
import { noting } from '../shared/scope.mjs';
import { ENDPOINT, PAGE, PROJECT } from '../shared/settings.mjs';
import { CookieJar, noCookies } from './cookies.mjs';
import { checkOrigin, checkPreflight, preflightHeaders, readableHeaders } from './cors.mjs';

const { resolve } = createRequire(import.meta.url);

const USER_AGENT =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36';
const ACCEPT_IMAGE = 'image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8';

/** Where a browser can keep a session: in `cookies` alone or, where it blocks those, in `localStorage` alone. */
const KEEPERS = {
  cookies: () => ({ jar: new CookieJar() }),
  localStorage: () => ({ jar: noCookies, localStorage: new LocalStorage() }),
};

/** Defines the same tests once for each way in which a browser can keep a session. */
export function inEveryBrowser(defineTests) {
  for (const keeper of Object.keys(KEEPERS)) {
    describe(`in a browser that keeps the session in ${keeper}`, { concurrency: true }, () => defineTests(keeper));
  }
}

/**
 * A browser showing a page that has loaded the SDK by a script tag.
 *
 * Each has globals, storage and an address of its own. Of the browser there is what the SDK meets: `window`,
 * `localStorage`, and a `fetch` that keeps to CORS and to the rules for cookies.
 */
export class Browser {
  #address = someAddress();

  constructor(keeper, { origin = PAGE, sdk = 'appwrite' } = {}) {
    Object.assign(this, { keeper, origin, location: new URL(origin) }, KEEPERS[keeper]());
    this.sdk = this.#load(scriptOf(sdk));
    const client = new this.sdk.Client().setEndpoint(ENDPOINT).setProject(PROJECT);
    const { Account, Avatars, Locale } = this.sdk;
    const services = { account: new Account(client), avatars: new Avatars(client), locale: new Locale(client) };
    Object.assign(this, noting(services));
  }

  /** What an `<img>` on the page gets from this address: the picture's bytes and the answer's headers. */
  async image(url) {
    const { status, headers, body } = await this.#send(url, { headers: { accept: ACCEPT_IMAGE } });
    if (status !== 200 || !headers['content-type']?.startsWith('image/')) {
      throw new Error(`No picture: ${status} ${headers['content-type']} ${body}`);
    }
    return { headers, bytes: body };
  }

  /** The names of all that this browser keeps for the API. */
  get kept() {
    return this.localStorage ? Object.keys(this.#stored) : this.jar.names;
  }

  /** By which it is known as one that has signed in before. */
  get device() {
    return this.#stored.a_device_demo ?? this.jar.value('a_device_demo_legacy');
  }

  get #stored() {
    return JSON.parse(this.localStorage?.getItem('cookieFallback') ?? '{}');
  }

  #load(script) {
    const window = {
      URL,
      console: { ...console, warn() {} }, // the SDK warns at every sign-in that it uses localStorage
      location: this.location,
      fetch: (url, options) => this.#fetch(url, options),
      ...(this.localStorage && { localStorage: this.localStorage }),
    };
    window.window = window;
    script.runInContext(vm.createContext(window));
    return window.Appwrite;
  }

  async #fetch(url, { method, headers, body }) {
    const named = { ...Object.fromEntries(new Headers(headers)), origin: this.origin };
    await this.#preflight(url, method, named);
    const answer = await this.#send(url, { method, headers: named, body });
    checkOrigin(answer, this.origin);
    return new Response(answer.body.length ? answer.body : null, {
      status: answer.status,
      headers: readableHeaders(answer),
    });
  }

  async #preflight(url, method, headers) {
    const asking = preflightHeaders(this.origin, method, headers);
    const answer = await send(url, { method: 'OPTIONS', headers: asking, from: this.#address });
    checkPreflight(answer, this.origin, method, headers);
  }

  async #send(url, { headers, ...request }) {
    const sent = { ...headers, 'user-agent': USER_AGENT, ...this.jar.headers(url) };
    const answer = await send(url, { ...request, headers: sent, from: this.#address });
    this.jar.store(answer.headers['set-cookie'] ?? [], url);
    return answer;
  }
}

const scripts = {};

/** What the script tag names, compiled once. */
function scriptOf(sdk) {
  const filename = join(dirname(resolve(`${sdk}/package.json`)), 'dist/iife/sdk.js');
  return (scripts[filename] ??= new vm.Script(readFileSync(filename, 'utf8'), { filename }));
}

class LocalStorage {
  #items = new Map();
  getItem = (key) => this.#items.get(key) ?? null;
  setItem = (key, value) => void this.#items.set(key, String(value));
}
