/**
 * Formats numbers for people.
 */
const number = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });

/** @param {number} count @returns {string} as "4.2 MB" */
export function bytes(count) {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  const step = count < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(count) / 3));
  const value = count / 1000 ** step;
  return `${value >= 100 ? Math.round(value) : number.format(value)} ${units[step]}`;
}

/** @param {number} width @param {number} height @returns {string} */
export const pixels = (width, height) => `${width} × ${height}`;

/** @param {number} width @param {number} height @returns {string} as "4.2 megapixels" */
export function megapixels(width, height) {
  const value = (width * height) / 1e6;
  return `${value < 0.1 ? value.toFixed(2) : number.format(value)} megapixels`;
}

/** @param {number} seconds @returns {string} as "2 min 5 s" */
export function duration(seconds) {
  if (seconds < 10) return `${number.format(Math.max(0, seconds))} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return whole % 60 ? `${minutes} min ${whole % 60} s` : `${minutes} min`;
  return minutes % 60 ? `${Math.floor(minutes / 60)} h ${minutes % 60} min` : `${minutes / 60} h`;
}

/** @param {number | null} seconds @returns {string} the remaining time, rounded */
export function timeLeft(seconds) {
  if (seconds === null || !Number.isFinite(seconds)) return "Just started";
  if (seconds < 2) return "Nearly done";
  if (seconds < 10) return "A few seconds left";
  if (seconds < 55) return `About ${Math.ceil(seconds / 5) * 5} s left`;
  if (seconds < 3300) return `About ${Math.round(seconds / 60) || 1} min left`;
  return `About ${number.format(Math.round(seconds / 360) / 10)} h left`;
}

/** @param {number} fraction @returns {string} */
export const percent = (fraction) => `${Math.round(100 * fraction)} %`;

/** @param {number} value @returns {string} with at most one decimal */
export const decimal = (value) => number.format(value);

/** @param {number} count @param {string} noun @returns {string} */
export const counted = (count, noun) => `${count} ${noun}${count === 1 ? "" : "s"}`;

/** @param {string | number | null} moment ISO 8601, or seconds since 1970 @returns {number} milliseconds */
export function milliseconds(moment) {
  if (moment === null) return NaN;
  return typeof moment === "number" ? moment * 1000 : Date.parse(moment);
}

/**
 * @param {string} text
 * @returns {string} the text with a capital letter and a full stop; names of files and models are not changed
 */
export function sentence(text) {
  const first = text.split(/[\s,:]/, 1)[0] ?? "";
  const begun = /^[a-z]+$/.test(first) ? text.charAt(0).toUpperCase() + text.slice(1) : text;
  return /[.!?…]$/.test(begun) ? begun : `${begun}.`;
}
