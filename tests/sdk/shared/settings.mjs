/** Where the server under test is; as `make run` starts it unless the environment says otherwise. */
export const ENDPOINT = process.env.ENDPOINT ?? 'http://localhost:8000/v1';
export const PROJECT = process.env.PROJECT ?? 'demo';
export const PROJECT_NAME = process.env.PROJECT_NAME ?? 'Demo';
export const KEY = process.env.KEY ?? 'local-api-key';
export const INBOX = process.env.INBOX ?? new URL('/_local/inbox', ENDPOINT).href;

/** Where the application's pages are: another origin than the API, the same site. */
export const PAGE = 'http://localhost:3000';
