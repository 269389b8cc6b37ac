// Finds columns of US social security numbers.

import { classifier, countText } from "moretta";

/** The place of `us-ssn` among the labels of `manifest.json`. */
export const US_SSN = 0;

/** Nine digits, grouped as `123-45-6789`, of an area that is given out. */
const NUMBER = /^(?!000|666|9)[0-9]{3}-[0-9]{2}-[0-9]{4}$/;

export const classify = classifier((_, column) => countText(column, US_SSN, (value) => NUMBER.test(value)));
