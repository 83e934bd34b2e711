import { Account, Avatars, Client, Locale, Project, Users } from 'node-appwrite';
import { Agent, setGlobalDispatcher } from 'undici';

import { someAddress } from '../shared/http.mjs';
import { noting } from '../shared/scope.mjs';
import { ENDPOINT, KEY, PROJECT } from '../shared/settings.mjs';

/** Where this process calls from: an address of its own, so that limits per address count each suite alone. */
export const ADDRESS = someAddress() ?? '127.0.0.1';
setGlobalDispatcher(new Agent({ localAddress: ADDRESS, connect: { family: 4 } }));

const client = () => new Client().setEndpoint(ENDPOINT).setProject(PROJECT);

function services(client) {
  return noting({
    account: new Account(client),
    avatars: new Avatars(client),
    locale: new Locale(client),
    project: new Project(client),
    users: new Users(client),
  });
}

/** Nobody in particular. */
export const asGuest = () => services(client());

/** The team's own server. */
export const asServer = () => services(client().setKey(KEY));

/** The team's own server on behalf of a browser that calls it. */
export const asServerFor = ({ address, userAgent }) =>
  services(client().setKey(KEY).setForwardedUserAgent(userAgent).addHeader('X-Forwarded-For', address));

/** Whoever holds the secret of a session: a page that is rendered on the server. */
export const withSession = (secret) => services(client().setSession(secret));

/** Whoever holds a JWT. */
export const withJwt = (jwt) => services(client().setJWT(jwt));

/** Everything at once, which no caller may. */
export const withSessionAndJwt = (secret, jwt) => services(client().setSession(secret).setJWT(jwt));
