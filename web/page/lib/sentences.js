/**
 * The findings of an analysis, in words.
 */
import { decimal, percent, sentence } from "./format.js";

/**
 * @typedef {import("./api.js").Card} Card
 * @typedef {{kind: "blur" | "noise" | "jpeg" | "resolution", title: string, value: string, sentence: string,
 *   confidence: number | null}} Finding
 */

/** @param {Card} card @returns {Finding[]} */
export const findings = (card) => [blur(card), noise(card), jpeg(card), resolution(card)];

/**
 * @param {number | null} confidence
 * @returns {string} the confidence in words
 */
export function sureness(confidence) {
  if (confidence === null || Number.isNaN(confidence)) return "";
  if (confidence >= 0.9) return "Sure";
  if (confidence >= 0.7) return "Fairly sure";
  if (confidence >= 0.4) return "Not sure";
  return "A guess";
}

/** @param {Card} card @returns {Finding} */
function blur(card) {
  const width = card.blur?.width ?? null;
  const told = {
    kind: /** @type {const} */ ("blur"),
    title: "Blur",
    confidence: card.blur?.confidence ?? null,
  };
  if (width === null)
    return {
      ...told,
      confidence: null,
      value: "Unknown",
      sentence: "The photograph is too small to measure it.",
    };
  const degree =
    width < 0.6
      ? "Hardly blurred"
      : width < 1.2
        ? "A little soft"
        : width < 2.5
          ? "Clearly blurred"
          : "Strongly blurred";
  const shape = card.blur?.kernel ? "as drawn here" : "the same in every direction";
  return {
    ...told,
    value: `${decimal(width)} px`,
    sentence: `${degree}, ${shape}.`,
  };
}

/** @param {Card} card @returns {Finding} */
function noise(card) {
  const sigma = card.noise?.sigma ?? null;
  const told = {
    kind: /** @type {const} */ ("noise"),
    title: "Noise",
    confidence: card.noise?.confidence ?? null,
  };
  if (sigma === null)
    return {
      ...told,
      confidence: null,
      value: "Unknown",
      sentence: "The photograph is too small to measure it.",
    };
  if (sigma < 0.5) return { ...told, value: "None", sentence: "No visible noise." };
  const degree = sigma < 5 ? "A little noise" : sigma < 15 ? "Clear noise" : "Strong noise";
  const share = Number(card.noise?.grain ?? 0);
  const grain = share > 0.5 ? ", most of it coarse grain" : share > 0.2 ? ", some of it coarse grain" : "";
  return {
    ...told,
    value: `${decimal(sigma)} of 255`,
    sentence: `${degree}${grain}.`,
  };
}

/** @param {Card} card @returns {Finding} */
function jpeg(card) {
  const found = card.jpeg;
  const told = {
    kind: /** @type {const} */ ("jpeg"),
    title: "JPEG",
    confidence: found?.confidence ?? null,
  };
  if (!found?.found)
    return {
      ...told,
      confidence: null,
      value: "None",
      sentence: "No traces of compression.",
    };
  const known = found.source === "file" ? "Known from the file." : "Estimated from the pixels.";
  const again =
    found.period && Math.abs(found.period - 8) > 0.1
      ? ` Its blocks are ${decimal(found.period)} pixels wide, so the photograph was resized later.`
      : "";
  const value = found.quality === null ? "Compressed" : `Quality ${found.quality}`;
  return { ...told, value, sentence: known + again };
}

/** @param {Card} card @returns {Finding} */
function resolution(card) {
  const fraction = card.resolution?.native_fraction ?? 1;
  const told = {
    kind: /** @type {const} */ ("resolution"),
    title: "True resolution",
    confidence: card.resolution?.confidence ?? null,
    value: percent(fraction),
  };
  if (fraction >= 0.995) return { ...told, sentence: "Every pixel carries detail." };
  const [width, height] = [Math.round(card.width * fraction), Math.round(card.height * fraction)];
  return {
    ...told,
    sentence: `${width} × ${height} pixels can hold all of its detail.`,
  };
}

/** @param {Card} card @returns {string[]} the reasons for the model that "auto" selects */
export function choice(card) {
  if (!card.choice) return [];
  return card.choice.reasons.map(sentence);
}
