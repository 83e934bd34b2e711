/** Codes of an authenticator app (RFC 6238): SHA-1, six digits, thirty seconds. */

import { now } from "./clock.js";

const PERIOD = 30;
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

export const currentStep = () => Math.floor(now() / 1000 / PERIOD);
export const secondsLeft = () => PERIOD - (Math.floor(now() / 1000) % PERIOD);

export async function code(secret, step = currentStep()) {
  if (!crypto.subtle) throw new Error("Browsers make codes on localhost only: open the console there.");
  const key = await crypto.subtle.importKey("raw", bytes(secret), { name: "HMAC", hash: "SHA-1" }, false, ["sign"]);
  const counter = new DataView(new ArrayBuffer(8));
  counter.setBigUint64(0, BigInt(step));
  const digest = new DataView(await crypto.subtle.sign("HMAC", key, counter));
  const number = digest.getUint32(digest.getUint8(19) & 15) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, "0");
}

function bytes(base32) {
  const bits = [...base32].map((letter) => ALPHABET.indexOf(letter).toString(2).padStart(5, "0")).join("");
  return Uint8Array.from(bits.match(/.{8}/g), (byte) => parseInt(byte, 2));
}
