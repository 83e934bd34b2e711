// The words of the page's language: WORDS, which stands before all modules, has them by name.

export const language = document.documentElement.lang;

// A text with its values, each apart from the direction of what is around it.
export function say(name, values = {}) {
  return (WORDS[name] ?? name).replace(/\$(\w+)/g, (whole, key) => (key in values ? `\u2068${values[key]}\u2069` : whole));
}

// So many seconds in words.
export function duration(seconds) {
  const [count, unit] =
    seconds < 60 ? [seconds, "second"] : seconds < 3600 ? [Math.ceil(seconds / 60), "minute"] : [Math.ceil(seconds / 3600), "hour"];
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "long" }).format(count);
}

export function date(iso) {
  return new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" }).format(new Date(iso));
}
