import http from 'node:http';

/**
 * One HTTP/1.1 exchange with exactly these headers: Node's own fetch would add some, and hide or join others.
 *
 * @returns {Promise<{status: number, headers: Record<string, string | string[]>, body: Buffer}>}
 */
export function send(url, { method = 'GET', headers = {}, body, from } = {}) {
  const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
  const options = { method, headers: { ...headers, ...length }, localAddress: from, family: 4, agent: false };
  return new Promise((resolve, reject) => {
    const request = http.request(url, options, (response) => resolve(read(response)));
    request.on('error', reject);
    request.end(body);
  });
}

async function read(response) {
  const chunks = await response.toArray();
  return { status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) };
}

/** An address of one's own, so that limits per address count each browser alone. Only Linux has all of 127/8. */
export function someAddress() {
  const part = () => 1 + Math.floor(Math.random() * 254);
  return process.platform === 'linux' ? `127.${part()}.${part()}.${part()}` : undefined;
}
