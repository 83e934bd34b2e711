// Which page this is, and what stands around it.

import { h, link, paragraph, tell } from "./dom.js";
import { address, known, show, unused } from "./page.js";
import { recovery } from "./recovery.js";
import { settings } from "./settings.js";
import { signIn } from "./sign_in.js";
import { signUp } from "./sign_up.js";
import { verify } from "./verify.js";
import { language, say } from "./words.js";

const PAGES = { "sign-in": signIn, "sign-up": signUp, recovery, verify, settings };

function frame() {
  const logo = known.logo ? h("img", { src: known.logo, alt: known.brand, height: 40 }) : known.brand;
  document.querySelector("header").replaceChildren(h("p", { class: "brand" }, logo));
  const languages = Object.entries(known.languages).map(([code, name]) => {
    const there = (more) => address(known.name, { ...more, lang: code });
    const onclick = ({ currentTarget: pressed }) => (pressed.href = there(unused())); // the link of a mail comes along
    return h("li", {}, link(name, there(), { onclick, lang: code, hreflang: code, "aria-current": code === language && "true" }));
  });
  document.querySelector("footer").replaceChildren(
    h("nav", { "aria-label": say("frame.languages") }, h("ul", {}, languages)),
    known.support ? link(say("frame.support"), /^https?:/.test(known.support) ? known.support : `mailto:${known.support}`) : "",
  );
}

async function main() {
  frame();
  if (known.stranger) {
    show(say("stranger.title"), paragraph(say("stranger.lead", { brand: known.brand }), { class: "lead" }));
    return;
  }
  try {
    await PAGES[known.name]();
  } catch (problem) {
    const told = h("div", { role: "alert", class: "told" });
    show(say("error.title"), told, paragraph(link(say("error.again"), location.href)));
    tell(told, problem);
  }
}

main();
