// Words: days, numbers and vocabulary as they are said. Belongs here: formatting. No figure is made here.

const DAY_MS = 86_400_000;
const format = (options) => new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", ...options });
const LONG = format({ day: "numeric", month: "long", year: "numeric" });
const SHORT = format({ day: "numeric", month: "short", year: "numeric" });
const MONTH = format({ month: "long", year: "numeric" });
const DAY_MONTH = format({ day: "numeric", month: "short" });

const toDate = (day) => new Date(day * DAY_MS);
export const toNumber = (iso) => Math.round(Date.parse(`${iso}T00:00:00Z`) / DAY_MS);
export const toIso = (day) => toDate(day).toISOString().slice(0, 10);
export const dayLong = (day) => LONG.format(toDate(day));
export const dayShort = (day) => SHORT.format(toDate(day));
export const isoShort = (iso) => (iso ? dayShort(toNumber(iso)) : null);

/** A span of days, both inclusive. */
export function span(from, to) {
  if (from === to) return dayShort(from);
  const [a, b] = [toDate(from), toDate(to)];
  const sameYear = a.getUTCFullYear() === b.getUTCFullYear();
  if (sameYear && a.getUTCMonth() === b.getUTCMonth()) return `${a.getUTCDate()}–${dayShort(to)}`;
  return `${sameYear ? DAY_MONTH.format(a) : dayShort(from)} – ${dayShort(to)}`;
}

/** A strike's place, or where it is where the source names none. */
export const placeTitle = ({ place, latitude, longitude }) => place ?? `${degrees(latitude, "N", "S")}, ${degrees(longitude, "E", "W")}`;
const degrees = (value, above, below) => `${Math.abs(value).toFixed(4)} ${value < 0 ? below : above}`;

export const windowTitle = (window) => window.title ?? MONTH.format(toDate(window.from));

/**
 * A share in per cent; what is not all or nothing is never rounded to 100% or 0%. Rounded as in the published sentences:
 * from nine decimals, halves to the even digit.
 */
export function percent(share, decimals = 0) {
  const step = 10 ** decimals;
  const exact = (Math.round(share * 1e9) / 1e9) * 100;
  const below = Math.floor(exact * step);
  // A half is one in binary too only where a few doublings make it whole.
  const isHalf = Number.isInteger(exact * 4) && exact * step - below === 0.5;
  const number = isHalf ? (below + (below % 2)) / step : Number(exact.toFixed(decimals));
  if (number >= 100 && share < 1 - 1e-9) return `>${(100 - 1 / step).toFixed(decimals)}%`;
  if (number <= 0 && share > 1e-9) return `<${(1 / step).toFixed(decimals)}%`;
  return `${number.toFixed(decimals)}%`;
}

/** Two shares as a range: 72–85%. */
export function between(low, high) {
  const [first, last] = [percent(low), percent(high)];
  if (first === last) return first;
  return /[<>]/.test(first + last) ? `${first} to ${last}` : `${first.replace("%", "")}–${last}`;
}

/** With fewer locations than this no share is shown. */
export const FEWEST = 20;

/** Why so many locations have no share: too few or, where they are enough, most of their ground not known. */
export const whyNoShare = (n) => (n < FEWEST ? `too few for a share (fewer than ${FEWEST})` : "no share: most of the ground is not known");

export const count = (n) => n.toLocaleString("en-GB");
export const plural = (n, one, many = `${one}s`) => `${count(n)} ${n === 1 ? one : many}`;

/** Metres as they are said: 350 m, 2.5 km, 20 km. */
export function metres(m) {
  if (m < 1000) return `${Math.round(m)} m`;
  return `${(m / 1000).toLocaleString("en-GB", { maximumFractionDigits: m < 10_000 ? 1 : 0 })} km`;
}
