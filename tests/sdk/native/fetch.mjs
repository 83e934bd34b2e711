import { send, someAddress } from '../shared/http.mjs';
import { CookieJar } from '../web/cookies.mjs';

/** The fetch of one native app: it sends any header, `Origin` too, keeps cookies, and has no page that CORS would guard. */
export function nativeFetch() {
  const jar = new CookieJar();
  const from = someAddress();
  return async (url, { method, headers, body }) => {
    const answer = await send(url, { method, headers: { ...headers, ...jar.headers(url) }, body, from });
    jar.store(answer.headers['set-cookie'] ?? [], url);
    const { 'set-cookie': _, ...readable } = answer.headers;
    return new Response(answer.body.length ? answer.body : null, { status: answer.status, headers: readable });
  };
}
