/** Every method that the SDK for the web has. */

import assert from 'node:assert/strict';

import { testScope } from '../shared/scope.mjs';
import { walkAccount, walkLocale } from '../shared/walk.mjs';
import { Browser } from './browser.mjs';
import { qrOf, signIn, signUp } from './person.mjs';

const KEEPER = 'cookies';
const { sdk } = new Browser(KEEPER);
const CLASSES = { account: sdk.Account, avatars: sdk.Avatars, locale: sdk.Locale };

async function walk() {
  await walkAccount({
    guest: () => new Browser(KEEPER).account,
    signUp: () => signUp(KEEPER),
    signIn: async (person) => {
      await signIn(person);
      return person;
    },
  });
  await walkLocale(browser.locale);
  assert.ok((await browser.image(qrOf({ browser }, 'Zürich'))).bytes.length > 0);
}

async function refusalOf(service, method, anything) {
  try {
    const url = await browser[service][method](anything);
    const answer = await fetch(url ?? browser.location); // a picture's address, or where the page is led to
    const { code, type } = await answer.json();
    return [code, type];
  } catch ({ code, type }) {
    return [code, type];
  }
}

const { browser } = await signUp(KEEPER);
testScope(CLASSES, walk, refusalOf);
