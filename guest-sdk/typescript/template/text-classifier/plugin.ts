// Finds the record numbers of a house in free text: `HX-` and eight digits, of which the last checks the others.

import { type Piece, findInText, textClassifier } from "moretta";

/** The place of `mrn` among the labels of `manifest.json`. */
export const MRN = 0;

/** How sure it is of a number: one of ten others has a right check digit as well. */
export const CONFIDENCE = 95;

/** A number that is no part of something longer. */
const NUMBER = /(?<![0-9A-Za-z])HX-([0-9]{8})(?![0-9A-Za-z])/g;

export const find = textClassifier((_, column) => findInText(column, numbers));

function* numbers(text: string): Iterable<Piece> {
  for (const { 0: number, 1: digits, index: start } of text.matchAll(NUMBER)) {
    if (checks(digits!)) yield { start, end: start + number.length, label: MRN, confidence: CONFIDENCE };
  }
}

/** Whether digits add up to a multiple of ten, with weights of 3 and 1 by turns, as in EAN-8. */
function checks(digits: string): boolean {
  return [...digits].reduce((sum, digit, place) => sum + Number(digit) * (place % 2 === 0 ? 3 : 1), 0) % 10 === 0;
}
