import jsQR from 'jsqr';
import { URI } from 'otpauth';
import { PNG } from 'pngjs';

const STEP_MS = 30_000;
const QUIET_ZONE = 40;

/** The authenticator app on a phone: somebody else's code throughout. */
export class Authenticator {
  /** @param {string} uri otpauth://... */
  constructor(uri) {
    this.totp = URI.parse(uri);
  }

  /** The code `ahead` steps of 30 s from now: a server takes each step once, and after one code wants the next. */
  code({ ahead = 0 } = {}) {
    return this.totp.generate({ timestamp: Date.now() + ahead * STEP_MS });
  }
}

/** What the phone's camera reads from a PNG picture on a white page. */
export function scan(bytes) {
  const { data, width, height } = onWhite(PNG.sync.read(bytes));
  return jsQR(new Uint8ClampedArray(data), width, height)?.data;
}

function onWhite(picture) {
  const page = new PNG({ width: picture.width + 2 * QUIET_ZONE, height: picture.height + 2 * QUIET_ZONE });
  page.data.fill(255);
  PNG.bitblt(picture, page, 0, 0, picture.width, picture.height, QUIET_ZONE, QUIET_ZONE);
  return page;
}
